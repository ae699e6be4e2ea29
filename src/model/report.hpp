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

struct ServerReport {
    Server server;
    uint32_t active = 0, inactive = 0, persistent = 0;  // connections now
    Counters counters;
    Rates rates;
};

struct ServiceReport {
    Service service;  // `servers` is empty: they are asked for separately
    Counters counters;
    Rates rates;
};

struct ConnectionReport {
    Protocol protocol = Protocol::none;
    Address client, virtual_address, server;
    uint16_t client_port = 0, virtual_port = 0, server_port = 0;
    std::string state;                // "ESTABLISHED", "UDP", …
    uint32_t expires_s = 0;           // seconds until it is forgotten if no packet comes
    std::string engine, engine_data;  // of a template that a persistence engine made: "sip", …
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
