#include "packet/cases.hpp"

#include "packet/world.hpp"

namespace turnout::test {
namespace {

using model::AddServer, model::AddService, model::Change, model::Method, model::Protocol;

constexpr uint16_t web_port = 80, server_port = 8080, client_port = 40000;

model::ServiceKey key(Protocol protocol, uint16_t port = web_port) {
    return {0, protocol, vip, port};
}

Change service(Protocol protocol, uint16_t port = web_port, const char* scheduler = "rr") {
    model::Service made;
    made.key = key(protocol, port);
    made.scheduler = scheduler;
    return AddService{made};
}

model::Server server_value(uint8_t number, Method method, int32_t weight = 1) {
    model::Server made;
    made.key = {server(number), method == Method::nat ? server_port : web_port};
    made.method = method;
    made.weight = weight;
    return made;
}

Change add(Protocol protocol, uint8_t number, Method method, int32_t weight = 1) {
    return AddServer{key(protocol), server_value(number, method, weight)};
}

Ip request(uint8_t ttl = 64) {
    return {client, vip, ttl};
}
Ip to_server(uint8_t ttl = 63) {
    return {client, server(1), ttl};
}

const Ethernet towards_server{server_mac, director_mac};
const Ethernet towards_client{client_mac, director_mac};
const Ethernet from_server{director_mac, server_mac};

Bytes syn(const Ip& ip = request()) {
    return frame(ip, Tcp{client_port, web_port, SYN});
}
Bytes ack(const Ip& ip = request()) {
    return frame(ip, Tcp{client_port, web_port, ACK}, "some data");
}

Ip outer(uint8_t ttl = 63, uint8_t tos = 0) {
    Ip ip{director_address, server(1), ttl, tos};
    ip.id = 0;
    return ip;
}

std::vector<Case> passing() {
    const std::vector<Change> web = {service(Protocol::tcp), add(Protocol::tcp, 1, Method::direct)};
    Ip first_part = request(), last_part = request(), to_other = request();
    first_part.dont_fragment = last_part.dont_fragment = false;
    first_part.more_fragments = true;
    last_part.fragment_offset = 10;
    to_other.destination = model::Address::ipv4(198, 51, 100, 2);
    Bytes short_tcp = syn();
    short_tcp.resize(14 + 20 + 12);
    Bytes bad_length = syn();
    bad_length[14] = 0x44;  // a header of sixteen bytes
    Bytes too_long = syn();
    too_long[16] = 0x10;  // claims 4 KiB
    return {
        {"ARP passes",
         web,
         {{frame(request(), 1, {}, {director_mac, client_mac, 0x0806}), Verdict::pass}}},
        {"IPv6 passes",
         web,
         {{frame(request(), 6, Bytes(40), {director_mac, client_mac, 0x86dd}), Verdict::pass}}},
        {"ping of the virtual address passes",
         web,
         {{frame(request(), 1, {8, 0, 0, 0, 0, 0, 0, 0}), Verdict::pass}}},
        {"another port passes",
         web,
         {{frame(request(), Tcp{client_port, 22, SYN}), Verdict::pass}}},
        {"another address passes", web, {{syn(to_other), Verdict::pass}}},
        {"the other protocol passes",
         web,
         {{frame(request(), Udp{client_port, web_port}), Verdict::pass}}},
        {"an ACK without a connection passes", web, {{ack(), Verdict::pass}}},
        {"a RST without a connection passes",
         web,
         {{frame(request(), Tcp{client_port, web_port, RST}), Verdict::pass}}},
        {"SYN and RST together open nothing",
         web,
         {{frame(request(), Tcp{client_port, web_port, SYN | RST}), Verdict::pass}}},
        {"the FTP data port opens nothing",
         web,
         {{frame(request(), Tcp{20, web_port, SYN}), Verdict::pass}}},
        {"a first fragment passes", web, {{syn(first_part), Verdict::pass}}},
        {"a last fragment passes", web, {{syn(last_part), Verdict::pass}}},
        {"a cut TCP header passes", web, {{short_tcp, Verdict::pass}}},
        {"a too small IP header length passes", web, {{bad_length, Verdict::pass}}},
        {"an IP length beyond the frame passes", web, {{too_long, Verdict::pass}}},
        {"a frame to another MAC address passes",
         web,
         {{frame(request(), Tcp{client_port, web_port, SYN}, "", {server_mac, client_mac}),
           Verdict::pass}}},
        {"without services everything passes", {}, {{syn(), Verdict::pass}}},
    };
}

std::vector<Case> direct_routing() {
    const std::vector<Change> web = {service(Protocol::tcp), add(Protocol::tcp, 1, Method::direct)};
    Ip options = request();
    options.options = {0x94, 4, 0, 0};  // router alert
    Ip options_out = options;
    options_out.ttl = 63;
    return {
        {"direct routing changes MAC addresses and TTL",
         web,
         {{syn(), Verdict::transmit,
           frame(request(63), Tcp{client_port, web_port, SYN}, "", towards_server)},
          {ack(), Verdict::transmit,
           frame(request(63), Tcp{client_port, web_port, ACK}, "some data", towards_server)}}},
        {"direct routing keeps IP options",
         web,
         {{frame(options, Tcp{client_port, web_port, SYN}), Verdict::transmit,
           frame(options_out, Tcp{client_port, web_port, SYN}, "", towards_server)}}},
        {"direct routing of UDP",
         {service(Protocol::udp), add(Protocol::udp, 1, Method::direct)},
         {{frame(request(), Udp{client_port, web_port}, "question"), Verdict::transmit,
           frame(request(63), Udp{client_port, web_port}, "question", towards_server)}}},
        {"TTL 1 is not forwarded",
         web,
         {{syn(request(1)), Verdict::drop, {}, Verdict::pass}},
         abi::Drop::ttl_expired},
        {"TTL 2 is",
         web,
         {{syn(request(2)), Verdict::transmit,
           frame(request(1), Tcp{client_port, web_port, SYN}, "", towards_server)}}},
    };
}

std::vector<Case> nat() {
    const std::vector<Change> web = {service(Protocol::tcp), add(Protocol::tcp, 1, Method::nat)};
    const std::vector<Change> dns = {service(Protocol::udp), add(Protocol::udp, 1, Method::nat)};
    const Ip reply{server(1), client, 64}, reply_out{vip, client, 63};
    Ip options = request(), options_out = to_server();
    options.options = options_out.options = {1, 1, 1, 0};
    const Bytes opening =
        frame(to_server(), Tcp{client_port, server_port, SYN}, "", towards_server);
    return {
        {"NAT rewrites requests and replies",
         web,
         {{syn(), Verdict::transmit, opening},
          {frame(reply, Tcp{server_port, client_port, SYN | ACK}, "", from_server),
           Verdict::transmit,
           frame(reply_out, Tcp{web_port, client_port, SYN | ACK}, "", towards_client)},
          {ack(), Verdict::transmit,
           frame(to_server(), Tcp{client_port, server_port, ACK}, "some data", towards_server)}}},
        {"NAT with IP options",
         web,
         {{frame(options, Tcp{client_port, web_port, SYN}), Verdict::transmit,
           frame(options_out, Tcp{client_port, server_port, SYN}, "", towards_server)}}},
        {"NAT of UDP, both ways",
         dns,
         {{frame(request(), Udp{client_port, web_port}, "question?"), Verdict::transmit,
           frame(to_server(), Udp{client_port, server_port}, "question?", towards_server)},
          {frame(reply, Udp{server_port, client_port}, "answer", from_server), Verdict::transmit,
           frame(reply_out, Udp{web_port, client_port}, "answer", towards_client)}}},
        {"NAT leaves a UDP checksum of none alone",
         dns,
         {{frame(request(), Udp{client_port, web_port, false}, "question"), Verdict::transmit,
           frame(to_server(), Udp{client_port, server_port, false}, "question", towards_server)}}},
        {"a NAT server's own traffic passes",
         web,
         {{syn(), Verdict::transmit, opening},
          {frame(reply, Tcp{22, client_port, ACK}, "", from_server), Verdict::pass},
          {frame(Ip{server(1), model::Address::ipv4(203, 0, 113, 9)},
                 Tcp{server_port, client_port, ACK}, "", from_server),
           Verdict::pass}}},
    };
}

std::vector<Case> tunnelling() {
    const std::vector<Change> web = {service(Protocol::tcp), add(Protocol::tcp, 1, Method::tunnel)};
    const Tcp opening{client_port, web_port, SYN};
    Ip congested = request();
    congested.tos = 0xbb;  // congestion experienced
    Ip congested_inner = congested;
    congested_inner.ttl = 63;
    Ip full = request(), full_out = request(63);
    const std::string fits(1480 - 40, 'x'), too_big(1481 - 40, 'x');
    return {
        {"tunnelling adds an outer header",
         web,
         {{syn(), Verdict::transmit,
           tunnelled(outer(), frame(request(63), opening, "", towards_server))},
          {ack(), Verdict::transmit,
           tunnelled(outer(), frame(request(63), Tcp{client_port, web_port, ACK}, "some data",
                                    towards_server))}}},
        {"the outer header takes the inner TTL",
         web,
         {{syn(request(9)), Verdict::transmit,
           tunnelled(outer(8), frame(request(8), opening, "", towards_server))}}},
        {"the outer header does not claim congestion it has not seen",
         web,
         {{frame(congested, opening), Verdict::transmit,
           tunnelled(outer(63, 0xba), frame(congested_inner, opening, "", towards_server))}}},
        {"what just fits into the tunnel goes",
         web,
         {{syn(), Verdict::transmit},
          {frame(full, Tcp{client_port, web_port, ACK}, fits), Verdict::transmit,
           tunnelled(outer(),
                     frame(full_out, Tcp{client_port, web_port, ACK}, fits, towards_server))}}},
        {"what does not fit is refused",
         web,
         {{syn(), Verdict::transmit},
          {frame(full, Tcp{client_port, web_port, ACK}, too_big),
           Verdict::drop,
           {},
           Verdict::pass}},
         abi::Drop::too_big},
    };
}

std::vector<Case> serving() {
    const Change removal =
        model::RemoveServer{key(Protocol::tcp), server_value(1, Method::direct).key};
    const auto out = [](uint16_t port) {
        return frame(request(63), Tcp{port, web_port, SYN}, "", towards_server);
    };
    model::Server elsewhere = server_value(1, Method::nat);
    const std::vector<Change> shared = {service(Protocol::tcp), service(Protocol::tcp, 81),
                                        add(Protocol::tcp, 1, Method::nat),
                                        AddServer{key(Protocol::tcp, 81), elsewhere}};
    const Ip reply{server(1), client, 64}, reply_out{vip, client, 63};
    return {
        {"a service without servers refuses",
         {service(Protocol::tcp)},
         {{syn(), Verdict::pass, {}, Verdict::pass}},
         abi::Drop::no_server},
        {"servers of weight 0 get nothing",
         {service(Protocol::tcp, web_port, "wlc"), add(Protocol::tcp, 1, Method::direct, 0)},
         {{syn(), Verdict::pass, {}, Verdict::pass}},
         abi::Drop::no_server},
        {"the scheduler none refuses",
         {service(Protocol::tcp, web_port, "none"), add(Protocol::tcp, 1, Method::direct)},
         {{syn(), Verdict::pass, {}, Verdict::pass}},
         abi::Drop::no_server},
        {"packets of a removed server's connections are dropped",
         {service(Protocol::tcp), add(Protocol::tcp, 1, Method::direct)},
         {{syn(), Verdict::transmit, out(client_port)}, {ack(), Verdict::drop}},
         abi::Drop::server_removed,
         {removal}},
        {"and go on when it is added again",
         {service(Protocol::tcp), add(Protocol::tcp, 1, Method::direct)},
         {{syn(), Verdict::transmit, out(client_port)},
          {ack(), Verdict::transmit,
           frame(request(63), Tcp{client_port, web_port, ACK}, "some data", towards_server)}},
         abi::Drop::none,
         {removal, add(Protocol::tcp, 1, Method::direct)}},
        {"connections outlive their service, unserved",
         {service(Protocol::tcp), add(Protocol::tcp, 1, Method::direct)},
         {{syn(), Verdict::transmit, out(client_port)}, {ack(), Verdict::drop}},
         abi::Drop::server_removed,
         {model::RemoveAll{}}},
        {"a connection keeps its method when its server is given another",
         {service(Protocol::tcp), add(Protocol::tcp, 1, Method::nat)},
         {{syn(), Verdict::transmit,
           frame(to_server(), Tcp{client_port, server_port, SYN}, "", towards_server)},
          {frame(reply, Tcp{server_port, client_port, SYN | ACK}, "", from_server),
           Verdict::transmit,
           frame(reply_out, Tcp{web_port, client_port, SYN | ACK}, "", towards_client)}},
         abi::Drop::none,
         {model::EditServer{key(Protocol::tcp),
                            [] {
                                model::Server edited = server_value(1, Method::nat);
                                edited.method = Method::tunnel;
                                return edited;
                            }()}}},
        {"one server behind two services: replies find their own",
         shared,
         {{syn(), Verdict::transmit,
           frame(to_server(), Tcp{client_port, server_port, SYN}, "", towards_server)},
          {frame(request(), Tcp{client_port + 1, 81, SYN}), Verdict::transmit,
           frame(to_server(), Tcp{client_port + 1, server_port, SYN}, "", towards_server)},
          {frame(reply, Tcp{server_port, client_port, SYN | ACK}, "", from_server),
           Verdict::transmit,
           frame(reply_out, Tcp{web_port, client_port, SYN | ACK}, "", towards_client)},
          {frame(reply, Tcp{server_port, client_port + 1, SYN | ACK}, "", from_server),
           Verdict::transmit,
           frame(reply_out, Tcp{81, client_port + 1, SYN | ACK}, "", towards_client)}}},
    };
}

}  // namespace

const std::vector<Case>& packet_cases() {
    static const std::vector<Case> cases = [] {
        std::vector<Case> all;
        for (const auto& part : {passing(), direct_routing(), nat(), tunnelling(), serving()})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return cases;
}

}  // namespace turnout::test
