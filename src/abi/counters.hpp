// What is counted: by the data plane for each server and CPU, upwards only, and the sums of it.
#pragma once

#include <stdint.h>

#include "wire/inline.hpp"

namespace turnout::abi {

// What every packet counts of its server, by CPU and direction: so that a line holds those of four
// servers and a page those of hundreds.  Row: see traffic_row().
struct TrafficCounters {
    uint64_t packets;
    uint64_t bytes;
};
static_assert(sizeof(TrafficCounters) == 16);
// `direction`: 0 of requests, 1 of replies.
TURNOUT_INLINE constexpr uint32_t traffic_row(uint32_t stride, uint32_t cpu, uint32_t direction,
                                              uint32_t server) {
    return (cpu * 2 + direction) * stride + server;
}

// What new connections count of their server, by CPU: row cpu * Settings::counter_stride + server.
struct BeginCounters {
    uint64_t connections;
    uint64_t stateless;  // packets that went by no connection, for want of room
};
static_assert(sizeof(BeginCounters) == 16);

// The sums of these at some time.
struct Counters {
    uint64_t connections;
    uint64_t in_packets;
    uint64_t out_packets;
    uint64_t in_bytes;
    uint64_t out_bytes;
    uint64_t stateless;
};
static_assert(sizeof(Counters) == 48);

}  // namespace turnout::abi
