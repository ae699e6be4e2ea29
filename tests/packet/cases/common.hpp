// What the files of cases share: one client, one service address, servers 1 to 4, and short words
// for changes and frames.
#pragma once

#include "packet/cases.hpp"
#include "packet/world.hpp"

namespace turnout::test {

using model::AddServer, model::AddService, model::Change, model::Method, model::Protocol;

inline constexpr uint16_t web_port = 80, server_port = 8080, client_port = 40000;

inline Case ipv4_alone(Case made) {
    made.ipv4_alone = true;
    return made;
}

// Addresses

inline Ip request(uint8_t ttl = 64) {
    return {client, vip, ttl};
}
inline Ip to_server(uint8_t ttl = 63) {
    return {client, server(1), ttl};
}
inline Ip outer(uint8_t ttl = 63, uint8_t tos = 0) {
    Ip ip{director_address, server(1), ttl, tos};
    ip.id = 0;
    return ip;
}

inline const Ethernet towards_server{server_mac, director_mac};
inline const Ethernet towards_client{client_mac, director_mac};
inline const Ethernet from_server{director_mac, server_mac};

// Changes

inline model::ServiceKey key(Protocol protocol, uint16_t port = web_port) {
    return {0, protocol, vip, port};
}
inline model::ServiceKey mark_key(uint32_t mark) {
    model::ServiceKey key;
    key.mark = mark;
    return key;
}

// A service by rr, which tells the first server from the second: with servers 1 and 2 added in
// this order, 2 stands at the head and is chosen first.
inline model::Service plain(const model::ServiceKey& key, uint32_t flags = 0) {
    model::Service made;
    made.key = key;
    made.scheduler = "rr";
    made.flags = flags;
    return made;
}
inline model::Service persistent(const model::ServiceKey& key, uint32_t netmask = 0xffffffff) {
    model::Service made = plain(key, model::service_flag::persistent);
    made.persistence_timeout_s = 300;
    made.netmask = netmask;
    return made;
}

inline Change service(Protocol protocol, uint16_t port = web_port, const char* scheduler = "rr") {
    model::Service made = plain(key(protocol, port));
    made.scheduler = scheduler;
    return AddService{made};
}

inline model::Server server_value(uint8_t number, Method method, int32_t weight = 1) {
    model::Server made;
    made.key = {server(number), method == Method::nat ? server_port : web_port};
    made.method = method;
    made.weight = weight;
    return made;
}
inline Change add(Protocol protocol, uint8_t number, Method method, int32_t weight = 1) {
    return AddServer{key(protocol), server_value(number, method, weight)};
}

// `service` with a NAT server of each number, in this order.
inline std::vector<Change> with_nat_servers(const model::Service& service,
                                            std::initializer_list<uint8_t> numbers,
                                            uint16_t port = server_port) {
    std::vector<Change> changes{AddService{service}};
    for (const uint8_t number : numbers) {
        model::Server made = server_value(number, Method::nat);
        made.key.port = port;
        changes.push_back(AddServer{service.key, made});
    }
    return changes;
}

inline std::vector<Change> together(std::vector<Change> all, const std::vector<Change>& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

// Frames

inline const Tcp web_syn{client_port, web_port, SYN}, web_ack{client_port, web_port, ACK};
inline Bytes syn(const Ip& ip = request()) {
    return frame(ip, web_syn);
}
inline Bytes ack(const Ip& ip = request()) {
    return frame(ip, web_ack, "some data");
}
inline Step passes(const Bytes& in) {
    return {in, Verdict::pass};
}

// One step of a farm of NAT servers: a SYN from a client's port to a port of the service address,
// and where it goes.
struct Call {
    uint16_t from = client_port;
    uint16_t to = web_port;
    model::Address by = client;
    model::Address at = vip;

    Bytes syn() const { return frame(Ip{by, at}, Tcp{from, to, SYN}); }
    Step reaches(uint8_t number, uint16_t port = server_port) const {
        return {syn(), Verdict::transmit,
                frame(Ip{by, server(number), 63}, Tcp{from, port, SYN}, "", towards_server)};
    }
    Step passes() const { return {syn(), Verdict::pass}; }
    // What the complete lane alone can do.
    Step reaches_if_complete(uint8_t number, uint16_t port = server_port) const {
        Step step = reaches(number, port);
        step.fast = Verdict::pass;
        return step;
    }
};

}  // namespace turnout::test
