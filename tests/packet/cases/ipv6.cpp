// What IPv6 has and IPv4 has not: extension headers, tunnels between the families.
#include "packet/cases/common.hpp"

namespace turnout::test {
namespace {

const model::Address client_6 = to_ipv6(client), vip_6 = to_ipv6(vip),
                     server_6 = to_ipv6(server(1));
const model::ServiceKey web_6{0, Protocol::tcp, vip_6, web_port};
const Extension hop_by_hop{0, {0, 1, 4, 0, 0, 0, 0}};
const Extension destination_options{60, {1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}};
// Type 4, with no address left to visit, and with one.
const Extension visited{43, {2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}};
const Extension to_visit{43, {2, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}};

model::Service service_of(const model::ServiceKey& key) {
    model::Service made = plain(key);
    made.netmask = 128;
    return made;
}

std::vector<Change> web_by(Method method) {
    model::Server server = server_value(1, method);
    server.key.address = server_6;
    return {AddService{service_of(web_6)}, AddServer{web_6, server}};
}

// A service and a server of different families.
std::vector<Change> mixed(const model::ServiceKey& key, const model::Address& at) {
    model::Server server = server_value(1, Method::tunnel);
    server.key.address = at;
    model::Service service = service_of(key);
    if (key.address.family == model::Family::ipv4) service.netmask = 0xffffffff;
    return {AddService{service}, AddServer{key, server}};
}

Ip with(const std::vector<Extension>& extensions, uint8_t ttl = 64,
        const model::Address& to = vip_6) {
    Ip ip{client_6, to, ttl};
    ip.extensions = extensions;
    return ip;
}

Case directly(const std::string& name, const std::vector<Extension>& extensions) {
    return {name,
            web_by(Method::direct),
            {{frame(with(extensions), web_syn), Verdict::transmit,
              frame(with(extensions, 63), web_syn, "", towards_server)}}};
}

Case passes(const std::string& name, const Bytes& in) {
    return {name, web_by(Method::direct), {{in, Verdict::pass}}};
}

Bytes cut(size_t bytes) {
    Bytes in = frame(with({hop_by_hop}), web_syn);
    in.resize(bytes);
    return in;
}

std::vector<Case> extension_headers() {
    const Ip translated = with({hop_by_hop, destination_options}, 63, server_6);
    return {
        directly("hop-by-hop options stay", {hop_by_hop}),
        directly("many extension headers stay",
                 {hop_by_hop, destination_options, visited, destination_options}),
        {"NAT behind extension headers",
         web_by(Method::nat),
         {{frame(with({hop_by_hop, destination_options}), web_syn), Verdict::transmit,
           frame(translated, Tcp{client_port, server_port, SYN}, "", towards_server)}}},
        passes("what has addresses left to visit passes", frame(with({to_visit}), web_syn)),
        passes("more extension headers than there are kinds pass",
               frame(with(std::vector<Extension>(7, destination_options)), web_syn)),
        passes("a fragment of IPv6 passes", frame(with({}), 44, Bytes(64))),
        passes("ICMPv6 passes", frame(with({}), 58, {128, 0, 0, 0, 0, 0, 0, 0})),
        passes("an unknown header passes", frame(with({}), 99, Bytes(64))),
        passes("a cut extension header passes", cut(14 + 40 + 2)),
        passes("a cut TCP header behind an extension header passes", cut(14 + 40 + 8 + 12)),
    };
}

// The outer header takes hop limit and traffic class of the inner one, and no flow label.
std::vector<Case> mixed_tunnels() {
    const Ip request_4{client, vip, 64, 0xb8}, inner_4{client, vip, 63, 0xb8};
    const Ip request_6{client_6, vip_6, 64, 0xb8}, inner_6{client_6, vip_6, 63, 0xb8};
    const Ip outer_6{to_ipv6(director_address), server_6, 63, 0xb8};
    Ip outer_4 = outer(63, 0xb8);
    outer_4.dont_fragment = false;  // IPv6 has no such bit
    const std::string fits(1500 - 40 - 40 - 20, 'x');
    return {
        {"IPv6 in IPv4",
         mixed(web_6, server(1)),
         {{frame(request_6, web_syn), Verdict::transmit,
           tunnelled(outer_4, frame(inner_6, web_syn, "", towards_server))}}},
        {"IPv4 in IPv6",
         mixed(key(Protocol::tcp), server_6),
         {{frame(request_4, web_syn), Verdict::transmit,
           tunnelled(outer_6, frame(inner_4, web_syn, "", towards_server))}}},
        {"what just fits into a tunnel of IPv6 goes",
         web_by(Method::tunnel),
         {{frame(request_6, web_syn), Verdict::transmit},
          {frame(request_6, web_ack, fits), Verdict::transmit,
           tunnelled(outer_6, frame(inner_6, web_ack, fits, towards_server))}}},
    };
}

}  // namespace

std::vector<Case> ipv6() {
    std::vector<Case> all = extension_headers();
    for (const Case& each : mixed_tunnels()) all.push_back(each);
    return all;
}

}  // namespace turnout::test
