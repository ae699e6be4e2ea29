// What is too large for its way through a tunnel: by whether senders say so (DF), and by the
// setting pmtu_disc, without which no tunnel heeds them.  IPv4 alone: elsewhere nobody fragments
// for another.
#include "packet/cases/net.hpp"
#include "packet/cases/tunnels.hpp"

namespace turnout::test {
namespace {

const Net ipv4{false};

struct Way {
    model::Tunnel kind;
    bool dont_fragment;

    Bytes in(size_t payload) const {
        Ip ip = ipv4.request();
        ip.dont_fragment = dont_fragment;
        return frame(ip, Udp{client_port, web_port}, std::string(payload, 'l'));
    }
    Bytes inside(size_t payload) const {
        Ip ip = ipv4.request(63);
        ip.dont_fragment = dont_fragment;
        return frame(ip, Udp{client_port, web_port}, std::string(payload, 'l'), towards_server);
    }
    Bytes through(const Bytes& packet, uint8_t ttl = 63) const {
        Ip outer{source_for(ipv4.server), ipv4.server, ttl};
        outer.dont_fragment = false;
        return tunnelled(outer, packet, kind);
    }
    std::vector<Change> farm() const {
        std::vector<Change> made = ipv4.farm(Protocol::udp, Method::tunnel);
        std::get<AddServer>(made.back()).server.tunnel = kind;
        return made;
    }
    std::string name() const {
        return name_of(kind) + (dont_fragment ? "IPv4, with DF" : "IPv4, without DF");
    }
};

constexpr size_t large = 3000, small = 30;

Case without_discovery(const Way& way) {
    Case made{"without pmtu_disc the outer packet may be fragmented: " + way.name(),
              way.farm(),
              {{way.in(small), Verdict::transmit, way.through(way.inside(small))}}};
    made.settings = {{"pmtu_disc", 0}};
    return made;
}

// Of an IP-in-IP tunnel the packet inside, of any other the outer one; the last piece is seen here.
Case in_pieces(const Way& way, bool discovery) {
    const bool ipip = way.kind.type == TunnelType::ipip;
    const Bytes inside = way.inside(large);
    const size_t piece = (1500 - (ipip ? 20 : 0) - 20) / 8 * 8;
    const Bytes last = ipip ? way.through(fragments(inside, piece).back())
                            : fragments(way.through(inside), piece).back();
    Case made{std::string(discovery ? "with" : "without") +
                  " pmtu_disc it leaves in pieces: " + way.name(),
              way.farm(),
              {{way.in(large), Verdict::transmit, last, Verdict::pass}}};
    made.settings = {{"pmtu_disc", discovery}};
    return made;
}

}  // namespace

std::vector<Case> path_mtu() {
    std::vector<Case> all;
    for (const model::Tunnel& kind : {ipip, gre, gre_csum}) {
        for (const bool dont_fragment : {false, true}) {
            all.push_back(without_discovery({kind, dont_fragment}));
            all.push_back(in_pieces({kind, dont_fragment}, false));
        }
        all.push_back(in_pieces({kind, false}, true));
    }
    for (const bool dont_fragment : {false, true})
        all.push_back(without_discovery({gue_csum, dont_fragment}));
    return all;
}

}  // namespace turnout::test
