// GUE and GRE tunnels, of both families in both: what is put before a packet, and its checksum.
#include "packet/cases/net.hpp"
#include "packet/cases/tunnels.hpp"

namespace turnout::test {
namespace {

struct Way {
    Net inner, outer;
    model::Tunnel kind;

    std::string name() const {
        return (inner.ipv6 ? ", IPv6 in " : ", IPv4 in ") + name_of(kind) +
               (outer.ipv6 ? "IPv6" : "IPv4");
    }
    std::vector<Change> farm(Protocol protocol) const {
        std::vector<Change> changes = inner.farm(protocol, Method::tunnel);
        auto& added = std::get<AddServer>(changes[1]);
        added.server.key.address = outer.server;
        added.server.tunnel = kind;
        return changes;
    }
    Ip outer_header(const Ip& inside) const {
        Ip ip{outer.at(director_address), outer.server, inside.ttl, inside.tos};
        ip.dont_fragment = !inner.ipv6 && inside.dont_fragment;
        ip.id = 0;
        return ip;
    }
    // A client's packet, and what becomes of it.
    template <class Header>
    Step goes(Ip ip, const Header& header, const std::string& payload = "") const {
        const Bytes in = frame(ip, header, payload);
        ip.ttl -= 1;
        const Bytes inside = frame(ip, header, payload, towards_server);
        return {in, Verdict::transmit, tunnelled(outer_header(ip), inside, kind)};
    }
    bool has_checksum() const { return kind.flags; }
};

// What must be read whole for a checksum is not the fast lane's.
Step read_whole(const Way& way, Step step) {
    if (way.has_checksum()) step.fast = Verdict::pass;
    return step;
}

Case carries_tcp(const Way& way) {
    Ip marked = way.inner.request();
    marked.tos = 0xb8;
    return {"TCP" + way.name(),
            way.farm(Protocol::tcp),
            {way.goes(way.inner.request(), web_syn),
             way.goes(marked, web_ack, "an odd number of bytes"),
             way.goes(way.inner.request(2), web_ack, std::string(1300, 'x'))}};
}

Case carries_udp(const Way& way) {
    const Udp with{client_port, web_port}, without{client_port, web_port, false};
    const Ip ip = way.inner.request();
    return {
        "UDP" + way.name(),
        way.farm(Protocol::udp),
        {way.goes(ip, with), way.goes(ip, with, "question"), read_whole(way, way.goes(ip, without)),
         read_whole(way, way.goes(ip, without, "an odd number of bytes.")),
         read_whole(way, way.goes(ip, without, std::string(1301, 'x')))}};
}

Case carries_options(const Way& way) {
    Ip ip = way.inner.request();
    Step step;
    if (way.inner.ipv6) {
        ip.extensions = {{0, {0, 1, 4, 0, 0, 0, 0}}, {60, {0, 1, 4, 0, 0, 0, 0}}};
        step = read_whole(way, way.goes(ip, web_syn));
    } else {
        ip.options = {0x94, 4, 0, 0};
        step = way.goes(ip, web_syn);
    }
    return {"options" + way.name(), way.farm(Protocol::tcp), {step}};
}

// The client's errors about the service's answers go to the server whole.
Case carries_errors(const Way& way) {
    const Ip ip{way.inner.far_router, way.inner.vip, 64}, sent{ip.source, ip.destination, 63};
    const Bytes about = way.inner.answer();
    const Bytes inside = frame(sent, way.inner.too_big(), about, towards_server);
    return {"an error" + way.name(),
            way.farm(Protocol::tcp),
            {way.goes(way.inner.request(), web_syn),
             {frame(ip, way.inner.too_big(), about), Verdict::transmit,
              tunnelled(way.outer_header(sent), inside, way.kind)}}};
}

// The transport's checksum is of the whole packet: of no use for the sum of a part.
Case carries_fragments(const Way& way) {
    Ip ip = way.inner.request(), sent = way.inner.request(63);
    ip.dont_fragment = sent.dont_fragment = false;
    const Udp udp{client_port, web_port};
    const std::string payload(1101, 'x');
    const std::vector<Bytes> parts = fragments(frame(ip, udp, payload), 504);
    const std::vector<Bytes> inside = fragments(frame(sent, udp, payload, towards_server), 504);
    std::vector<Step> steps;
    for (size_t i = 0; i < parts.size(); ++i)
        steps.push_back(read_whole(way, {parts[i], Verdict::transmit,
                                         tunnelled(way.outer_header(sent), inside[i], way.kind)}));
    return {"fragments" + way.name(), way.farm(Protocol::udp), steps};
}

// Edited to another kind, a server gets the next packet by that.
Case changes_kind() {
    const Way first{{false}, {false}, gre_csum}, second{{false}, {false}, gue_csum};
    model::Server server = std::get<AddServer>(second.farm(Protocol::tcp)[1]).server;
    Case made{"a tunnel changes its kind",
              first.farm(Protocol::tcp),
              {first.goes(request(), web_syn), second.goes(request(), web_ack, "data")}};
    made.later = {model::EditServer{key(Protocol::tcp), server}};
    return made;
}

}  // namespace

std::vector<Case> tunnel_kinds() {
    std::vector<Case> all{changes_kind()};
    for (const model::Tunnel& kind : {gue, gue_csum, gue_remcsum, gre, gre_csum})
        for (const Net& inner : {Net{false}, Net{true}})
            for (const Net& outer : {Net{false}, Net{true}})
                for (const auto& make :
                     {carries_tcp, carries_udp, carries_options, carries_errors, carries_fragments})
                    all.push_back(make({inner, outer, kind}));
    return all;
}

}  // namespace turnout::test
