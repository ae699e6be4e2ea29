// What NAT servers send that belongs to no connection: it passes, or (nat_icmp_send) the server is
// told that there is none.
#include "packet/cases/net.hpp"

namespace turnout::test {
namespace {

Bytes sent(const Net& net, const Tcp& tcp, uint8_t hops = 64) {
    return frame(Ip{net.server, net.client, hops}, tcp, "data", from_server);
}

const Tcp from_nowhere{server_port, client_port, ACK};

// From the director's own address, about the packet with its hop taken.
Bytes error_about(const Net& net, const Bytes& forwarded) {
    Ip ip{source_for(net.server), net.server, 64};
    ip.tos = net.ipv6 ? 0 : 0xc0;
    ip.dont_fragment = false;
    Icmp error = net.unreachable();
    error.quoted = 1000;
    return frame(ip, error, forwarded, towards_server);
}

Step told(const Bytes& in, const Bytes& error) {
    return {in, Verdict::transmit, error, Verdict::pass};
}

Case with_setting(Case made, abi::Drop drop = abi::Drop::none) {
    made.settings = {{"nat_icmp_send", 1}};
    made.drop = drop;
    return made;
}

Case is_refused(const Net& net) {
    const Bytes in = sent(net, from_nowhere);
    return with_setting({"a NAT server is told that there is no connection" + net.name,
                         net.farm(Protocol::tcp, Method::nat),
                         {told(in, error_about(net, sent(net, from_nowhere, 63)))}},
                        abi::Drop::stray);
}

Case is_refused_by_mark(const Net& net) {
    model::Service service = plain(mark_key(7));
    if (net.ipv6) service.key.address.family = model::Family::ipv6, service.netmask = 128;
    model::Server server = server_value(1, Method::nat);
    server.key.address = net.server;
    const Bytes in = sent(net, from_nowhere);
    return with_setting({"also one of a service by mark" + net.name,
                         {AddService{service}, AddServer{service.key, server}},
                         {told(in, error_about(net, sent(net, from_nowhere, 63)))}},
                        abi::Drop::stray);
}

Case goes_on(const Net& net) {
    return {"without the setting, what belongs to no connection passes" + net.name,
            net.farm(Protocol::tcp, Method::nat),
            {passes(sent(net, from_nowhere))}};
}

Case is_none(const Net& net) {
    const Bytes error =
        frame(Ip{net.server, net.client, 64}, net.unreachable(), net.request_by_nat(), from_server);
    return with_setting({"what needs no telling passes" + net.name,
                         net.farm(Protocol::tcp, Method::nat),
                         {passes(sent(net, {server_port, client_port, RST})),
                          passes(sent(net, {server_port + 1, client_port, ACK})),
                          passes(sent(net, from_nowhere, 1)), passes(error)}});
}

// It may still be asked what it sends, but is no server of the service.
Case has_gone(const Net& net) {
    Case made =
        with_setting({"a removed server's pass" + net.name,
                      net.farm(Protocol::tcp, Method::nat),
                      {told(sent(net, from_nowhere), error_about(net, sent(net, from_nowhere, 63))),
                       passes(sent(net, from_nowhere))}});
    const auto& added = std::get<AddServer>(made.changes[1]);
    made.later = {model::RemoveServer{added.service, added.server.key}};
    return made;
}

Case in_fragments(const Net& net) {
    Ip ip{net.server, net.client, 64}, forwarded{net.server, net.client, 63};
    ip.dont_fragment = forwarded.dont_fragment = false;
    const Udp udp{server_port, client_port};
    const std::string answer(200, 'a');
    const auto in = fragments(frame(ip, udp, answer, from_server), 64);
    const auto out = fragments(frame(forwarded, udp, answer, from_server), 64);
    return with_setting({"of fragments the first is told, the others are dropped" + net.name,
                         net.farm(Protocol::udp, Method::nat),
                         {{in[1], Verdict::drop, {}, Verdict::pass},
                          told(in[0], error_about(net, out[0])),
                          {in[2], Verdict::drop, {}, Verdict::pass}}},
                        abi::Drop::lost_fragment);
}

}  // namespace

std::vector<Case> strays() {
    std::vector<Case> all;
    for (const Net& net : {Net{false}, Net{true}})
        for (const Case& each : {is_refused(net), is_refused_by_mark(net), goes_on(net),
                                 is_none(net), has_gone(net), in_fragments(net)})
            all.push_back(each);
    return all;
}

}  // namespace turnout::test
