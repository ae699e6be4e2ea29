// What a director tells about itself: services and servers with their counters, connections.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/service.hpp"

namespace turnout::model {

struct Counters {
    uint64_t connections = 0;
    uint64_t in_packets = 0, out_packets = 0;
    uint64_t in_bytes = 0, out_bytes = 0;
    uint64_t stateless = 0;  // packets that were forwarded without a record, for want of room

    Counters& operator+=(const Counters& other);
    Counters& operator-=(const Counters& other);
    bool operator==(const Counters&) const = default;
};

// Per second, averaged as IPVS's estimator does.
struct Rates {
    uint64_t connections = 0;
    uint64_t in_packets = 0, out_packets = 0;
    uint64_t in_bytes = 0, out_bytes = 0;
};

// Of all services that there are or were, since the tables were made.
struct Totals {
    std::vector<Counters> by_cpu;
    Rates rates;
};

struct ServerReport {
    Server server;
    uint32_t active = 0, inactive = 0, persistent = 0;  // connections now
    Counters counters;
    Rates rates;
};

struct ServiceReport {
    Service service;  // `servers` is empty: they are asked for separately
    uint32_t server_count = 0;
    Counters counters;
    Rates rates;
};

struct ConnectionReport {
    Protocol protocol = Protocol::none;  // none: of a template of a service by mark
    Address client, virtual_address, server;
    uint16_t client_port = 0, virtual_port = 0, server_port = 0;
    ServiceKey service;               // whose server it goes to
    ServerKey serving;                // that server, as its service lists it
    std::string state;                // "ESTABLISHED", "UDP", …
    uint32_t expires_s = 0;           // seconds until it is forgotten if no packet comes
    std::string engine, engine_data;  // of a template that a persistence engine made: "sip", …
    Method method = Method::nat;      // of a connection
    bool is_template = false;         // of a persistent client, not one of its connections
    bool assured = false;             // it was established (UDP: answered), or its connections were
    bool retired = false;             // new connections follow it no more
};

inline Counters& Counters::operator+=(const Counters& other) {
    connections += other.connections;
    in_packets += other.in_packets;
    out_packets += other.out_packets;
    in_bytes += other.in_bytes;
    out_bytes += other.out_bytes;
    stateless += other.stateless;
    return *this;
}

inline Counters sum(const std::vector<Counters>& all) {
    Counters sum;
    for (const Counters& each : all) sum += each;
    return sum;
}

inline Counters& Counters::operator-=(const Counters& other) {
    connections -= other.connections;
    in_packets -= other.in_packets;
    out_packets -= other.out_packets;
    in_bytes -= other.in_bytes;
    out_bytes -= other.out_bytes;
    stateless -= other.stateless;
    return *this;
}

}  // namespace turnout::model
