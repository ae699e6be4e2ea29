// Fragments go where their first goes, whatever they lack.
#include "packet/cases/net.hpp"
#include "packet/cases/tunnels.hpp"

namespace turnout::test {
namespace {

const std::string query(200, 'q');
constexpr size_t piece = 64;

// A datagram of the client's, and how it leaves by each method.
struct Datagram {
    Net net;
    Method method;

    Bytes whole() const {
        Ip ip = net.request();
        ip.dont_fragment = false;
        return frame(ip, Udp{client_port, web_port}, query);
    }
    std::vector<Bytes> in() const { return fragments(whole(), piece); }

    Bytes forwarded() const {
        const bool nat = method == Method::nat;
        Ip ip{net.client, nat ? net.server : net.vip, 63};
        ip.dont_fragment = false;
        return frame(ip, Udp{client_port, nat ? server_port : web_port}, query, towards_server);
    }
    std::vector<Bytes> out() const {
        std::vector<Bytes> all = fragments(forwarded(), piece);
        Ip outer{net.at(director_address), net.server, 63};
        outer.dont_fragment = false;
        if (method == Method::tunnel)
            for (Bytes& each : all) each = tunnelled(outer, each);
        return all;
    }
    Step step(size_t number) const { return {in()[number], Verdict::transmit, out()[number]}; }

    std::string name() const {
        const char* how = method == Method::nat      ? " by NAT"
                          : method == Method::tunnel ? " through a tunnel"
                                                     : " by direct routing";
        return how + net.name;
    }
    std::vector<Change> farm() const { return net.farm(Protocol::udp, method); }
};

Case in_order(const Datagram& datagram) {
    Case made{"fragments follow their first" + datagram.name(), datagram.farm(), {}};
    for (size_t i = 0; i < datagram.in().size(); ++i) made.steps.push_back(datagram.step(i));
    return made;
}

// A fragment that is before its first waits for it in the complete lane.  Then the first comes in
// again, and the fragment behind it, which here is played by hand.
Case before_its_first(const Datagram& datagram) {
    const auto in = datagram.in();
    Step called_in_again = datagram.step(0);
    called_in_again.verdict = Verdict::drop;
    called_in_again.fast = Verdict::transmit;
    return {"fragments before their first are held back" + datagram.name(),
            datagram.farm(),
            {{in[1], Verdict::drop, {}, Verdict::pass},
             called_in_again,
             datagram.step(0),
             datagram.step(1),
             datagram.step(2)}};
}

Case of_a_reply(const Net& net) {
    Ip from{net.server, net.client, 64}, to{net.vip, net.client, 63};
    from.dont_fragment = to.dont_fragment = false;
    const auto in =
        fragments(frame(from, Udp{server_port, client_port}, query, from_server), piece);
    const auto out = fragments(frame(to, Udp{web_port, client_port}, query, towards_client), piece);
    Case made{"a reply's fragments come from the service's address" + net.name,
              net.farm(Protocol::udp, Method::nat),
              {{frame(net.request(), Udp{client_port, web_port}, "?"), Verdict::transmit}}};
    for (size_t i = 0; i < in.size(); ++i) made.steps.push_back({in[i], Verdict::transmit, out[i]});
    return made;
}

Case for_the_host(const Net& net) {
    Case made{"fragments for no service pass with their first" + net.name,
              net.farm(Protocol::udp, Method::nat),
              {}};
    const Bytes whole = frame(net.request(), Udp{client_port, 9}, query);
    for (const Bytes& each : fragments(whole, piece)) made.steps.push_back({each, Verdict::pass});
    return made;
}

Case for_another_address(const Net& net) {
    Ip ip = net.request();
    ip.destination = net.at(model::Address::ipv4(198, 51, 100, 2));
    const auto in = fragments(frame(ip, Udp{client_port, web_port}, query), piece);
    return {"fragments for other addresses pass" + net.name,
            net.farm(Protocol::udp, Method::nat),
            {{in[1], Verdict::pass}, {in[0], Verdict::pass}}};
}

// IPv4 alone: what is too large and may be fragmented leaves in pieces, of which the last is seen
// here. `server`: through a tunnel, its address.
Case in_pieces(const std::string& how, Method method, const model::Address& server) {
    const Net net{false};
    const bool nat = method == Method::nat, ipv6 = server.family == model::Family::ipv6;
    const std::string large(3000, 'l');
    Ip ip = net.request(), out{net.client, nat ? net.server : net.vip, 63};
    ip.dont_fragment = out.dont_fragment = false;
    const Bytes in = frame(ip, Udp{client_port, web_port}, large);
    const Bytes whole =
        frame(out, Udp{client_port, nat ? server_port : web_port}, large, towards_server);
    const size_t overhead = method != Method::tunnel ? 0 : ipv6 ? 40 : 20;
    Bytes last = fragments(whole, (1500 - overhead - 20) / 8 * 8).back();
    Ip outer{source_for(server), server, 63};
    outer.dont_fragment = false;
    if (method == Method::tunnel) last = tunnelled(outer, last);
    std::vector<Change> farm = net.farm(Protocol::udp, method);
    std::get<AddServer>(farm.back()).server.key.address = server;
    return {"what is too large leaves in pieces " + how,
            farm,
            {{in, Verdict::transmit, last, Verdict::pass}}};
}

// What a tunnel with a header of its own has made of it is cut, of whichever family that is.
Case tunnel_in_pieces(const model::Tunnel& kind, const model::Address& server) {
    const Net net{false};
    const bool ipv6 = server.family == model::Family::ipv6;
    const std::string large(3000, 'l');
    Ip ip = net.request(), out = net.request(63), outer{source_for(server), server, 63};
    ip.dont_fragment = out.dont_fragment = outer.dont_fragment = false;
    const Udp udp{client_port, web_port};
    const Bytes whole =
        tunnelled(outer, frame(out, udp, large, towards_server), kind, first_own_port);
    const size_t headers = ipv6 ? 48 : 20;
    std::vector<Change> farm = net.farm(Protocol::udp, Method::tunnel);
    auto& added = std::get<AddServer>(farm.back()).server;
    added.key.address = server;
    added.tunnel = kind;
    return {std::string("what is too large for a tunnel leaves in pieces, ") + name_of(kind) +
                (ipv6 ? "IPv6" : "IPv4"),
            farm,
            {{frame(ip, udp, large), Verdict::transmit,
              fragments(whole, (1500 - headers) / 8 * 8).back(), Verdict::pass}}};
}

// Of a service by one-packet scheduling: though it ends with its packet, and the next one goes
// elsewhere, a connection has all of its fragments.
Case of_one_packet(const Net& net) {
    Case made{"fragments of a one-packet connection stay together" + net.name,
              net.farm(Protocol::udp, Method::nat),
              {}};
    std::get<AddService>(made.changes[0]).service.flags = model::service_flag::one_packet;
    AddServer second = std::get<AddServer>(made.changes[1]);
    second.server.key.address = net.at(server(2));
    made.changes.push_back(second);
    Datagram fragmented{net, Method::nat};
    fragmented.net.server = second.server.key.address;  // which stands at the head
    const Ip sent{net.client, net.server, 63};
    const Step another{frame(net.request(), Udp{client_port, web_port}, "question"),
                       Verdict::transmit,
                       frame(sent, Udp{client_port, server_port}, "question", towards_server)};
    made.steps = {fragmented.step(0), another, fragmented.step(1), fragmented.step(2)};
    made.records = 1;
    return made;
}

}  // namespace

std::vector<Case> in_fragments() {
    const model::Address near = test::server(1);
    std::vector<Case> all{in_pieces("by direct routing", Method::direct, near),
                          in_pieces("by NAT", Method::nat, near),
                          in_pieces("through a tunnel", Method::tunnel, near),
                          in_pieces("through a tunnel of IPv6", Method::tunnel, to_ipv6(near))};
    for (const model::Address& end : {near, to_ipv6(near)})
        for (const model::Tunnel& kind : {gue, gue_csum, gre, gre_csum})
            all.push_back(tunnel_in_pieces(kind, end));
    for (const Net& net : {Net{false}, Net{true}}) {
        for (const Method method : {Method::direct, Method::nat, Method::tunnel}) {
            all.push_back(in_order({net, method}));
            all.push_back(before_its_first({net, method}));
        }
        all.push_back(of_a_reply(net));
        all.push_back(of_one_packet(net));
        all.push_back(for_the_host(net));
        all.push_back(for_another_address(net));
    }
    return all;
}

}  // namespace turnout::test
