// The errors that the director sends: a packet's hops are used up, or it does not fit; and what
// routers say of its tunnels.
#include "packet/cases/net.hpp"

namespace turnout::test {
namespace {

const Tcp opening{client_port, web_port, SYN}, data{client_port, web_port, ACK};

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

Case with_drop(Case made, abi::Drop reason) {
    made.drop = reason;
    return made;
}

// What a method leaves of an MTU of 1500.
Case does_not_fit(const Net& net, Method method, uint32_t mtu, const std::string& name) {
    const Bytes in = frame(net.request(), data, filling(net, mtu + 1));
    return with_drop({"what does not fit " + name + " is answered with the MTU" + net.name,
                      net.farm(Protocol::tcp, method),
                      {step(net.syn()), step(frame(net.request(), data, filling(net, mtu))),
                       answers(net, in, too_big(net, mtu))}},
                     abi::Drop::too_big);
}

Case time_is_up(const Net& net) {
    const Bytes in = frame(net.request(1), opening);
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

    std::string name() const {
        return std::string(inner.ipv6 ? ", IPv6 in " : ", IPv4 in ") +
               (outer.ipv6 ? "IPv6" : "IPv4");
    }
    std::vector<Change> farm() const {
        model::Service service = plain(inner.key(Protocol::tcp));
        if (inner.ipv6) service.netmask = 128;
        model::Server server = server_value(1, Method::tunnel);
        server.key.address = outer.server;
        return {AddService{service}, AddServer{service.key, server}};
    }
    model::Address near_end() const { return outer.at(director_address); }
    // A router's error about a packet of ours that goes to a server.
    Bytes error(const Icmp& icmp, const model::Address& to, const Bytes& packet) const {
        Icmp made = icmp;
        made.quoted = 1000;
        return frame(Ip{outer.near_router, near_end(), 64}, made,
                     tunnelled(Ip{near_end(), to, 63}, packet), from_server);
    }
    // The client's packet on its way, and the error that the client gets about it.
    Bytes sent(const std::string& payload = "data") const {
        return frame(inner.request(63), data, payload);
    }
    Step is_told(const Bytes& in, const Icmp& icmp, const Bytes& about) const {
        Step made = answers(inner, about, icmp);
        made.in = in;
        return made;
    }
};

Case router_tells(const Tunnel& tunnel) {
    const uint32_t left = 1400 - static_cast<uint32_t>(tunnel.outer.header());
    const Bytes in = tunnel.error(too_big(tunnel.outer, 1400), tunnel.outer.server, tunnel.sent());
    const Bytes large = frame(tunnel.inner.request(), data, filling(tunnel.inner, left + 1));
    Step remembered = answers(tunnel.inner, large, too_big(tunnel.inner, left));
    remembered.fast = Verdict::transmit;  // the router's error was not for this lane
    return {
        "a router's MTU reaches the client, and is remembered" + tunnel.name(),
        tunnel.farm(),
        {step(tunnel.inner.syn()), tunnel.is_told(in, too_big(tunnel.inner, left), tunnel.sent()),
         remembered, step(frame(tunnel.inner.request(), data, filling(tunnel.inner, left)))}};
}

Case router_gives_up(const Tunnel& tunnel) {
    const Bytes in = tunnel.error(tunnel.outer.time_exceeded(), tunnel.outer.server, tunnel.sent());
    return {"a router's time exceeded reaches the client" + tunnel.name(),
            tunnel.farm(),
            {step(tunnel.inner.syn()),
             tunnel.is_told(in, tunnel.inner.time_exceeded(), tunnel.sent())}};
}

Case of_another_tunnel(const Tunnel& tunnel) {
    const model::Address other = tunnel.outer.at(server(2));
    return {"an error about another's tunnel passes" + tunnel.name(),
            tunnel.farm(),
            {step(tunnel.inner.syn()),
             {tunnel.error(too_big(tunnel.outer, 1400), other, tunnel.sent()), Verdict::pass}}};
}

Case without_a_client_who_asks() {
    const Tunnel tunnel{Net{false}, Net{false}};
    Ip may_be_fragmented = tunnel.inner.request(63);
    may_be_fragmented.dont_fragment = false;
    const Bytes in = tunnel.error(too_big(tunnel.outer, 1400), tunnel.outer.server,
                                  frame(may_be_fragmented, data, "data"));
    return with_drop({"a client whose packets may be fragmented is not told of an MTU",
                      tunnel.farm(),
                      {step(tunnel.inner.syn()), {in, Verdict::drop, {}, Verdict::pass}}},
                     abi::Drop::tunnel_error);
}

}  // namespace

std::vector<Case> own_errors() {
    std::vector<Case> all{without_a_client_who_asks()};
    for (const Net& net : {Net{false}, Net{true}}) {
        all.push_back(does_not_fit(net, Method::direct, 1500, "by direct routing"));
        all.push_back(does_not_fit(net, Method::nat, 1500, "by NAT"));
        all.push_back(does_not_fit(net, Method::tunnel, net.ipv6 ? 1460 : 1480, "into the tunnel"));
        all.push_back(time_is_up(net));
        all.push_back(the_kernel_answers_servers(net));
        all.push_back(no_error_about_an_error(net));
        for (const Net& outer : {Net{false}, Net{true}}) {
            all.push_back(router_tells({net, outer}));
            all.push_back(router_gives_up({net, outer}));
            all.push_back(of_another_tunnel({net, outer}));
        }
    }
    return all;
}

}  // namespace turnout::test
