// The errors that the director sends: a packet's hops are used up, or it does not fit; and what
// routers say of its tunnels.
#include "packet/cases/net.hpp"
#include "packet/cases/tunnels.hpp"
#include "path/forwarding/gue.hpp"
#include "tables/convert.hpp"

namespace turnout::test {
namespace {

// What goes into a frame of so many bytes of IP behind IP and TCP headers.
std::string filling(const Net& net, size_t ip_bytes) {
    return std::string(ip_bytes - net.header() - 20, 'x');
}

// The director's error to the client: from the service's address, of as much of the packet as fits
// into the smallest MTU.
Step answers(const Net& net, const Bytes& in, Icmp error) {
    error.quoted = (net.ipv6 ? 1280 : 576) - net.header() - 8 - net.header();
    Ip ip{net.vip, net.client, 64};
    ip.tos = net.ipv6 ? 0 : 0xc0;
    ip.dont_fragment = false;
    return {in, Verdict::transmit, frame(ip, error, in, towards_client), Verdict::pass};
}

Step step(const Bytes& in) {
    return {in, Verdict::transmit};
}

Icmp too_big(const Net& net, uint32_t mtu) {
    Icmp error = net.too_big();
    error.parameter = mtu;
    return error;
}

// One byte more than fits is told so; what is quoted has had its hop taken, as in IPVS.
Step too_large(const Net& net, uint32_t mtu) {
    const auto large = [&](uint8_t hops) {
        return frame(net.request(hops), web_ack, filling(net, mtu + 1));
    };
    Step made = answers(net, large(63), too_big(net, mtu));
    made.in = large(64);
    return made;
}

Case with_drop(Case made, abi::Drop reason) {
    made.drop = reason;
    return made;
}

// What a method leaves of an MTU of 1500.
Case does_not_fit(const Net& net, Method method, uint32_t mtu, const std::string& name) {
    return with_drop({"what does not fit " + name + " is answered with the MTU" + net.name,
                      net.farm(Protocol::tcp, method),
                      {step(net.syn()), step(frame(net.request(), web_ack, filling(net, mtu))),
                       too_large(net, mtu)}},
                     abi::Drop::too_big);
}

Case time_is_up(const Net& net) {
    const Bytes in = frame(net.request(1), web_syn);
    return with_drop({"the last hop is answered with time exceeded" + net.name,
                      net.farm(Protocol::tcp, Method::direct),
                      {answers(net, in, net.time_exceeded())}},
                     abi::Drop::ttl_expired);
}

// The kernel is the servers' router, and answers as such.
Case the_kernel_answers_servers(const Net& net) {
    const Bytes answer =
        frame(Ip{net.server, net.client, 1}, Tcp{server_port, client_port, ACK}, "", from_server);
    return {"a reply's last hop is the kernel's to tell" + net.name,
            net.farm(Protocol::tcp, Method::nat),
            {step(net.syn()), {answer, Verdict::pass}}};
}

Case no_error_about_an_error(const Net& net) {
    const Bytes error = frame(Ip{net.far_router, net.vip, 1}, net.too_big(), net.answer());
    return with_drop({"an error's last hop is not told" + net.name,
                      net.farm(Protocol::tcp, Method::direct),
                      {step(net.syn()), {error, Verdict::drop, {}, Verdict::pass}}},
                     abi::Drop::ttl_expired);
}

// Tunnels: the outer header may be of the other family.
struct Tunnel {
    Net inner, outer;
    model::Tunnel kind = {};

    std::string name() const {
        return std::string(inner.ipv6 ? ", IPv6 in " : ", IPv4 in ") + name_of(kind) +
               (outer.ipv6 ? "IPv6" : "IPv4");
    }
    std::vector<Change> farm() const {
        model::Service service = plain(inner.key(Protocol::tcp));
        if (inner.ipv6) service.netmask = 128;
        model::Server server = server_value(1, Method::tunnel);
        server.key.address = outer.server;
        server.tunnel = kind;
        return {AddService{service}, AddServer{service.key, server}};
    }
    // What is left of an MTU.
    uint32_t left_of(uint32_t mtu) const {
        return mtu - static_cast<uint32_t>(outer.header() + header_size(kind));
    }
    model::Address near_end() const { return outer.at(director_address); }
    // A router's error about a packet of ours, as it goes to a server.
    Bytes error(const Icmp& icmp, const Bytes& packet) const {
        Icmp made = icmp;
        made.quoted = 1000;
        Ip ip{outer.near_router, near_end(), 64};
        ip.tos = 0x1e;  // the client is told with that of its own packet
        return frame(ip, made, packet, from_server);
    }
    Bytes error(const Icmp& icmp, const model::Address& to, const Bytes& packet,
                const model::Tunnel& by) const {
        return error(icmp, tunnelled(Ip{near_end(), to, 63}, packet, by, own_port()));
    }
    Bytes error(const Icmp& icmp) const { return error(icmp, outer.server, sent(), kind); }
    // The client's packet on its way, and the error that the client gets about it.
    Bytes sent(const std::string& payload = "data") const {
        return frame(inner.request(63), web_ack, payload);
    }
    Step is_told(const Bytes& in, const Icmp& icmp, const Bytes& about) const {
        Step made = answers(inner, about, icmp);
        made.in = in;
        return made;
    }
    // GUE's source port of that connection, as whoever has seen its packets knows it.
    uint16_t own_port() const {
        Packet packet{};
        packet.source = tables::to_row(inner.client);
        packet.destination = tables::to_row(inner.vip);
        packet.source_port = to_be(client_port);
        packet.destination_port = to_be(web_port);
        packet.protocol = static_cast<uint8_t>(Protocol::tcp);
        return to_host(flow_port(packet));
    }
};

Case router_tells(const Tunnel& tunnel) {
    const uint32_t left = tunnel.left_of(1400);
    const Bytes in = tunnel.error(too_big(tunnel.outer, 1400));
    Step remembered = too_large(tunnel.inner, left);
    remembered.fast = Verdict::transmit;  // the router's error was not for this lane
    return {
        "a router's MTU reaches the client, and is remembered" + tunnel.name(),
        tunnel.farm(),
        {step(tunnel.inner.syn()), tunnel.is_told(in, too_big(tunnel.inner, left), tunnel.sent()),
         remembered, step(frame(tunnel.inner.request(), web_ack, filling(tunnel.inner, left)))}};
}

Case router_gives_up(const Tunnel& tunnel) {
    return {
        "a router's time exceeded reaches the client" + tunnel.name(),
        tunnel.farm(),
        {step(tunnel.inner.syn()), tunnel.is_told(tunnel.error(tunnel.outer.time_exceeded()),
                                                  tunnel.inner.time_exceeded(), tunnel.sent())}};
}

Case router_garbles(const Tunnel& tunnel) {
    Bytes in = tunnel.error(tunnel.outer.time_exceeded());
    in.back() ^= 1;
    return with_drop({"an error about a tunnel with a wrong checksum is not told" + tunnel.name(),
                      tunnel.farm(),
                      {step(tunnel.inner.syn()), {in, Verdict::drop, {}, Verdict::pass}}},
                     abi::Drop::tunnel_error);
}

Case of_another_tunnel(const Tunnel& tunnel, const std::string& what, const model::Address& to,
                       const model::Tunnel& by) {
    return {"an error about another's tunnel passes: " + what + tunnel.name(),
            tunnel.farm(),
            {step(tunnel.inner.syn()),
             {tunnel.error(too_big(tunnel.outer, 1400), to, tunnel.sent(), by), Verdict::pass}}};
}

Case does_not_fit(const Tunnel& tunnel) {
    const uint32_t left = tunnel.left_of(1500);
    return with_drop({"what does not fit into the tunnel is answered with the MTU" + tunnel.name(),
                      tunnel.farm(),
                      {step(tunnel.inner.syn()),
                       step(frame(tunnel.inner.request(), web_ack, filling(tunnel.inner, left))),
                       too_large(tunnel.inner, left)}},
                     abi::Drop::too_big);
}

Case without_a_client_who_asks() {
    const Tunnel tunnel{Net{false}, Net{false}};
    Ip may_be_fragmented = tunnel.inner.request(63);
    may_be_fragmented.dont_fragment = false;
    const Bytes in = tunnel.error(too_big(tunnel.outer, 1400), tunnel.outer.server,
                                  frame(may_be_fragmented, web_ack, "data"), ipip);
    return with_drop({"a client whose packets may be fragmented is not told of an MTU",
                      tunnel.farm(),
                      {step(tunnel.inner.syn()), {in, Verdict::drop, {}, Verdict::pass}}},
                     abi::Drop::tunnel_error);
}

// A service may have GUE for its own business: errors about what its servers send are errors about
// that.
Case looks_like_a_tunnel() {
    const Net net{false};
    const Ip inside{net.client, net.vip, 60};
    const auto answer = [&](const Ip& ip, uint16_t from) {
        return tunnelled(ip, frame(inside, web_ack), gue, from);
    };
    const Udp question{gue_port, web_port};
    const Bytes sent = answer(Ip{net.vip, net.client, 60}, web_port);
    const Bytes from = answer(Ip{net.server, net.client, 60}, server_port);
    const Ip error{net.far_router, net.vip, 64}, error_out{net.far_router, net.server, 63};
    return {"an error about what only looks like a tunnel is its service's",
            net.farm(Protocol::udp, Method::nat),
            {step(frame(net.request(), question, "question")),
             {frame(error, net.unreachable(), sent), Verdict::transmit,
              frame(error_out, net.unreachable(), from, towards_server)}}};
}

std::vector<Case> about(const Tunnel& tunnel) {
    std::vector<Case> all{does_not_fit(tunnel), router_tells(tunnel), router_gives_up(tunnel),
                          router_garbles(tunnel)};
    const auto pass = [&](const std::string& what, const model::Address& to,
                          const model::Tunnel& by) {
        all.push_back(of_another_tunnel(tunnel, what, to, by));
    };
    pass("another server", tunnel.outer.at(server(2)), tunnel.kind);
    pass("another kind", tunnel.outer.server, tunnel.kind.type == TunnelType::gre ? gue : gre);
    if (tunnel.kind.type == TunnelType::gue)
        pass("another port", tunnel.outer.server, {TunnelType::gue, gue_port + 1, 0});
    return all;
}

}  // namespace

std::vector<Case> own_errors() {
    std::vector<Case> all{without_a_client_who_asks(), looks_like_a_tunnel()};
    for (const Net& net : {Net{false}, Net{true}}) {
        all.push_back(does_not_fit(net, Method::direct, 1500, "by direct routing"));
        all.push_back(does_not_fit(net, Method::nat, 1500, "by NAT"));
        all.push_back(time_is_up(net));
        all.push_back(the_kernel_answers_servers(net));
        all.push_back(no_error_about_an_error(net));
        for (const Net& outer : {Net{false}, Net{true}})
            for (const model::Tunnel& kind : {ipip, gue, gue_csum, gue_remcsum, gre, gre_csum})
                for (const Case& each : about({net, outer, kind})) all.push_back(each);
    }
    return all;
}

}  // namespace turnout::test
