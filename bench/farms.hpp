// The services that the cost bench measures, and their traffic.
#pragma once

#include "director/director.hpp"
#include "wrapper.hpp"

namespace turnout::bench {

struct Farm {
    std::string name;
    Lane lane = Lane::xdp;
    model::Family family = model::Family::ipv4;
    model::Method method = model::Method::direct;
    model::TunnelType tunnel = model::TunnelType::ipip;
    model::Protocol protocol = model::Protocol::tcp;
    bool replies = false;
    uint32_t servers = 3;
    std::string scheduler = "rr";
    uint32_t services = 1;  // on ports that follow each other
    uint16_t port = 0;      // the first
    model::Address address = test::vip;
};

inline model::Address address_of(const Farm& farm, const model::Address& address) {
    return farm.family == model::Family::ipv6 ? test::to_ipv6(address) : address;
}

// The first three have neighbours in the worlds.
inline model::Address server_of(const Farm& farm, uint32_t number) {
    const uint32_t host = 11 + number;
    return address_of(
        farm, model::Address::ipv4(10, static_cast<uint8_t>(1 + (host >> 16)),
                                   static_cast<uint8_t>(host >> 8), static_cast<uint8_t>(host)));
}

inline model::Server real_of(const Farm& farm, uint32_t number) {
    model::Server real;
    real.key = {server_of(farm, number), farm.port};
    real.method = farm.method;
    real.tunnel.type = farm.tunnel;
    if (farm.tunnel == model::TunnelType::gue) real.tunnel.port = test::gue_port;
    // Not all alike, so that nothing is decided by the first look; and more than connections are
    // begun, so that no server has too many for its weight, which ovf and lblc mind.
    real.weight = 20000 + 10000 * static_cast<int32_t>(number % 5);
    return real;
}

inline void build(director::Director& director, const Farm& farm) {
    for (uint32_t i = 0; i < farm.services; ++i) {
        model::Service service;
        service.key = {0, farm.protocol, address_of(farm, farm.address),
                       static_cast<uint16_t>(farm.port + i)};
        service.scheduler = farm.scheduler;
        if (farm.family == model::Family::ipv6) service.netmask = 128;
        bool done = director.apply(model::AddService{service}).has_value();
        for (uint32_t number = 0; number < farm.servers; ++number)
            done = done && director
                               .apply(model::AddServer{service.key,
                                                       real_of(farm, i * farm.servers + number)})
                               .has_value();
        if (!done) give_up("cannot configure a service");
    }
}

// Requests, with these TCP flags; or, where replies are measured, those of the only server.
inline Traffic traffic_of(const Farm& farm, uint32_t flows, Order order, uint8_t flags,
                          bool replies) {
    Kind kind;
    kind.protocol = farm.protocol;
    kind.flags = flags;
    kind.reply = replies;
    (replies ? kind.source : kind.destination) =
        replies ? server_of(farm, 0) : address_of(farm, farm.address);
    (replies ? kind.source_port : kind.destination_port) = farm.port;
    Traffic traffic = traffic_of(kind, flows, order);
    traffic.services = farm.services;
    return traffic;
}

}  // namespace turnout::bench
