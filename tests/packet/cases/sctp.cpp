// SCTP: which packets open an association, how it ends, and that its checksum is right afterwards.
#include "packet/cases/net.hpp"

namespace turnout::test {
namespace {

const Ip reply{server(1), client, 64}, reply_out{vip, client, 63};

using Chunks = std::vector<uint8_t>;

Sctp request_of(const Chunks& chunks) {
    return {client_port, web_port, chunks};
}

Bytes packet(const Chunks& chunks, const std::string& payload = "") {
    return frame(request(), request_of(chunks), payload);
}

// A client's packet that reaches a NAT server.
Step reaches(uint8_t number, const Chunks& chunks, const std::string& payload = "",
             uint16_t port = server_port) {
    return {packet(chunks, payload), Verdict::transmit,
            frame(Ip{client, server(number), 63}, Sctp{client_port, port, chunks}, payload,
                  towards_server)};
}

// What the first server says, and it reaches the client.
Step is_answered(const Chunks& chunks, const std::string& payload = "",
                 uint16_t port = server_port) {
    return {frame(reply, Sctp{port, client_port, chunks}, payload, from_server), Verdict::transmit,
            frame(reply_out, Sctp{web_port, client_port, chunks}, payload, towards_client)};
}

std::vector<Change> farm(Method method) {
    return {service(Protocol::sctp), add(Protocol::sctp, 1, method)};
}

std::vector<Change> two_servers() {
    return with_nat_servers(plain(key(Protocol::sctp)), {1, 2});
}

// Payload that makes the checksum of a packet of one DATA chunk 0: an honest one.
const std::string sums_to_zero = "\xf3\xb4\x39\x35";

// As it is before hardware has filled the checksum in.
Bytes unfinished(Bytes frame) {
    for (size_t at = 14 + 20 + 8; at < 14 + 20 + 12; ++at) frame[at] = 0;
    return frame;
}

std::vector<Case> forwarding() {
    const std::string cookie(301, 'c'), data(1201, 'd');
    Ip options = request(), options_out = to_server();
    options.options = options_out.options = {1, 1, 1, 0};
    const std::vector<Change> same_port =
        with_nat_servers(plain(key(Protocol::sctp)), {1}, web_port);
    return {
        {"SCTP by NAT to another port",
         farm(Method::nat),
         {reaches(1, {INIT}, "12345678"), is_answered({INIT_ACK}, cookie),
          reaches(1, {COOKIE_ECHO}, cookie), is_answered({COOKIE_ACK}), reaches(1, {DATA}, data),
          is_answered({DATA}, data), reaches(1, {SHUTDOWN}), is_answered({SHUTDOWN_ACK}),
          reaches(1, {SHUTDOWN_COMPLETE})}},
        {"SCTP by NAT to the same port",
         same_port,
         {reaches(1, {INIT}, "1234", web_port), is_answered({INIT_ACK}, cookie, web_port)}},
        {"SCTP by NAT with a checksum that happens to be 0",
         farm(Method::nat),
         {reaches(1, {INIT}), reaches(1, {DATA}, sums_to_zero)}},
        ipv4_alone(
            {"SCTP by NAT with IP options",
             farm(Method::nat),
             {{frame(options, request_of({INIT})), Verdict::transmit,
               frame(options_out, Sctp{client_port, server_port, {INIT}}, "", towards_server)}}}),
        {"SCTP by direct routing",
         farm(Method::direct),
         {{packet({INIT}), Verdict::transmit,
           frame(request(63), request_of({INIT}), "", towards_server)}}},
        {"SCTP through a tunnel",
         farm(Method::tunnel),
         {{packet({INIT}), Verdict::transmit,
           tunnelled(outer(), frame(request(63), request_of({INIT}), "", towards_server))}}},
        {"SCTP by NAT from a server of two services",
         together(farm(Method::nat),
                  {service(Protocol::sctp, 81),
                   AddServer{key(Protocol::sctp, 81), server_value(1, Method::nat)}}),
         {reaches(1, {INIT}), is_answered({INIT_ACK})}},
    };
}

Case does_not_open(uint8_t chunk, const std::string& name) {
    return {name + " opens nothing", farm(Method::nat), {passes(packet({chunk}))}};
}

std::vector<Case> openings() {
    std::vector<Case> cases{
        does_not_open(DATA, "SCTP: DATA"),
        does_not_open(INIT_ACK, "SCTP: INIT-ACK"),
        does_not_open(ABORT, "SCTP: ABORT"),
        does_not_open(COOKIE_ECHO, "SCTP: COOKIE-ECHO"),
        does_not_open(SHUTDOWN_ACK, "SCTP: SHUTDOWN-ACK"),
        {"SCTP without a chunk passes", farm(Method::nat), {passes(packet({}))}},
        {"SCTP cut in its header passes",
         farm(Method::nat),
         {passes(frame(request(), uint8_t{132}, Bytes{0x9c, 0x40, 0, 80, 0, 0, 0, 0}))}},
        {"SCTP to a TCP service passes",
         {service(Protocol::tcp), add(Protocol::tcp, 1, Method::nat)},
         {passes(packet({INIT}))}},
        {.name = "an SCTP client stays with its server",
         .changes = with_nat_servers(persistent(key(Protocol::sctp)), {1, 2}),
         .steps = {reaches(2, {INIT}),
                   {frame(request(), Sctp{1, web_port, {INIT}}), Verdict::transmit,
                    frame(Ip{client, server(2), 63}, Sctp{1, server_port, {INIT}}, "",
                          towards_server)}},
         .records = 2 + 1},
    };
    return cases;
}

// Which server an INIT from the same port reaches after these, the first having been server 2.
Case reopened(const std::string& name, uint8_t number, std::vector<Step> between) {
    std::vector<Step> steps{reaches(2, {INIT})};
    steps.insert(steps.end(), between.begin(), between.end());
    steps.push_back(reaches(number, {INIT}));
    return {name, two_servers(), steps};
}

std::vector<Case> endings() {
    const std::string cookie(700, 'c');  // farther than headers reach
    return {
        reopened("an aborted association makes way for an INIT", 1, {reaches(2, {ABORT})}),
        reopened("one that is not closed does not", 2, {reaches(2, {COOKIE_ECHO})}),
        reopened("an ABORT behind a cookie closes", 1, {reaches(2, {COOKIE_ECHO, ABORT}, cookie)}),
        reopened("an ABORT behind a short one closes", 1, {reaches(2, {COOKIE_ACK, ABORT})}),
        reopened("an ABORT behind data does not", 2, {reaches(2, {DATA, ABORT})}),
    };
}

// A first fragment does not tell how long the packet is, which its checksum depends on.
std::vector<Case> in_parts(const Net& net) {
    Ip ip = net.request();
    ip.dont_fragment = false;
    Ip forwarded = net.request(63);
    forwarded.dont_fragment = false;
    const Sctp opening{client_port, web_port, {INIT}}, data{client_port, web_port, {DATA}};
    const std::string payload(200, 'd');
    const auto in = fragments(frame(ip, data, payload), 64);
    const auto out = fragments(frame(forwarded, data, payload, towards_server), 64);
    const Bytes init = frame(net.request(), opening);
    Case by_nat{"SCTP in fragments goes to no other port" + net.name,
                net.farm(Protocol::sctp, Method::nat),
                {{init, Verdict::transmit}, {in[0], Verdict::drop}},
                abi::Drop::send_failed};
    Case direct{"SCTP in fragments by direct routing" + net.name,
                net.farm(Protocol::sctp, Method::direct),
                {{init, Verdict::transmit}}};
    for (size_t i = 0; i < in.size(); ++i)
        direct.steps.push_back({in[i], Verdict::transmit, out[i]});
    return {by_nat, direct};
}

// ICMP errors.
std::vector<Case> errors(const Net& net) {
    const Sctp opening{client_port, web_port, {INIT}};
    const Bytes init = frame(net.request(), opening, "1234");
    const Bytes answer =
        frame(Ip{net.vip, net.client, 60}, Sctp{web_port, client_port, {DATA}}, "data");
    const Bytes answer_by_nat =
        frame(Ip{net.server, net.client, 60}, Sctp{server_port, client_port, {DATA}}, "data");
    const Bytes in = frame(Ip{net.far_router, net.vip, 50}, net.too_big(), answer);
    const Bytes out =
        frame(Ip{net.far_router, net.server, 49}, net.too_big(), answer_by_nat, towards_server);

    const Bytes last_hop = frame(net.request(1), opening);
    Icmp expired = net.time_exceeded();
    expired.quoted = 1000;
    Ip from_vip{net.vip, net.client, 64};
    from_vip.tos = net.ipv6 ? 0 : 0xc0;
    from_vip.dont_fragment = false;
    const Bytes told = frame(from_vip, expired, last_hop, towards_client);
    return {
        {"an SCTP server learns of a packet too big" + net.name,
         net.farm(Protocol::sctp, Method::nat),
         {{init, Verdict::transmit}, {in, Verdict::transmit, out}}},
        {"an SCTP client is told that a packet's hops are used up" + net.name,
         net.farm(Protocol::sctp, Method::nat),
         {{last_hop, Verdict::transmit, told, Verdict::pass}}},
    };
}

}  // namespace

std::vector<Case> sctp() {
    std::vector<Case> all = forwarding();
    for (const auto& part : {openings(), endings()})
        all.insert(all.end(), part.begin(), part.end());
    all.push_back(
        {"no error is made of SCTP without its checksum",
         farm(Method::nat),
         {{unfinished(frame(request(1), request_of({INIT}))), Verdict::drop, {}, Verdict::pass}},
         abi::Drop::ttl_expired});
    return all;
}

std::vector<Case> sctp_of_each_family() {
    std::vector<Case> all;
    for (const Net& net : {Net{false}, Net{true}})
        for (const auto& part : {errors(net), in_parts(net)})
            all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace turnout::test
