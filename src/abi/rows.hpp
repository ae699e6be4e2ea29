// The rows of the tables that user space and the data plane share, besides connections.
//
// "Written by" says who: configuration rows are written by the daemon alone, the others by the
// data plane.  All are plain fields with explicit padding; a row of an array is a multiple of eight
// bytes, as the kernel lays arrays out, so that user space can map them as they are.
#pragma once

#include <stdint.h>

#include "abi/address.hpp"
#include "abi/connection.hpp"
#include "abi/time.hpp"
#include "wire/ethernet.hpp"

namespace turnout::abi {

// Bumped whenever a row's layout or meaning changes; part of the path of the pinned tables.
inline constexpr uint32_t tables_version = 1;

// One row for all programs.  Written by the daemon.
struct Settings {
    uint64_t hash_seed;
    uint32_t bucket_mask;           // number of buckets - 1
    uint32_t counter_rows_per_cpu;  // stride of the counter table
    uint32_t buckets_per_sweep;
    uint32_t pad_;
    Tick timeout[state_count];  // by State
};
static_assert(sizeof(Settings) == 72);

// What an address is to us; two bits for each of 2^16 hash cells, 32 cells a word.
// A cell that is 0 says: no service and no NAT server has such an address.
namespace filter {
inline constexpr uint64_t service = 1;
inline constexpr uint64_t nat_server = 2;
inline constexpr uint32_t words = 2048;
}  // namespace filter

TURNOUT_INLINE constexpr uint32_t filter_cell(const Address& address) {
    const uint32_t folded =
        address.word[0].raw ^ address.word[1].raw ^ address.word[2].raw ^ address.word[3].raw;
    return (folded * 0x9e3779b1u) >> 16;
}

enum class Scheduler : uint8_t { none = 0, rr = 1, wrr = 2, lc = 3, wlc = 4 };

// A virtual service.  Written by the daemon.
struct Service {
    Endpoint key;
    uint32_t plan;  // row in the plan table: replaced as a whole when servers change
};
static_assert(sizeof(Service) == 24);

// How a service chooses, immutable once published: a change makes a new plan and flips
// Service::plan, so a packet sees the old or the new one, never a mixture.  Written by the daemon.
struct Plan {
    uint32_t first;  // candidates[first … first + count)
    uint32_t count;
    Scheduler scheduler;
    uint8_t pad_[3];
    int32_t top_weight;   // wrr: greatest weight - (weight_step - 1)
    int32_t weight_step;  // wrr: greatest common divisor of the weights
    uint32_t pad2_;
};
static_assert(sizeof(Plan) == 24);

// A server in its service's list order.  Written by the daemon.
struct Candidate {
    uint32_t server;
    int32_t weight;
};

// Where a round-robin scheduler stands.  Written by the data plane, and by the daemon when it
// replaces the plan.
struct Cursor {
    uint64_t word;  // one word, for it changes by compare-and-swap: see cursor()
};
TURNOUT_INLINE constexpr uint64_t cursor(uint32_t position, int32_t weight) {
    return position | static_cast<uint64_t>(static_cast<uint32_t>(weight)) << 32;
}
// 0: before the first candidate; n: the n-th was chosen last.
TURNOUT_INLINE constexpr uint32_t cursor_position(uint64_t word) {
    return static_cast<uint32_t>(word);
}
// wrr: the weight a server must have in this pass.
TURNOUT_INLINE constexpr int32_t cursor_weight(uint64_t word) {
    return static_cast<int32_t>(word >> 32);
}

namespace load {
inline constexpr uint64_t inactive_one = 1;
inline constexpr uint64_t active_one = 1ull << 32;
TURNOUT_INLINE constexpr uint32_t active(uint64_t load) {
    return static_cast<uint32_t>(load >> 32);
}
TURNOUT_INLINE constexpr uint32_t inactive(uint64_t load) {
    return static_cast<uint32_t>(load);
}
}  // namespace load

namespace server_flag {
// Removed, but connections remember it: their packets are dropped until it is added again.
inline constexpr uint32_t removed = 1;
}  // namespace server_flag

// A real server.  Written by the daemon.
struct Server {
    Address address;
    Address tunnel_source;  // the director's address on the way to it; outer source
    be16 port;
    Family family;
    Method method;
    uint32_t service;
    uint32_t flags;  // server_flag
    uint32_t pad_;
};
static_assert(sizeof(Server) == 48);

// What changes with the traffic of a server.  Written by the data plane.
struct ServerState {
    uint64_t load;  // connections: active in the high half, inactive in the low; one atomic word
    HopRef hop;     // way to the server
    uint32_t pad_;
};
static_assert(sizeof(ServerState) == 16);

// Which service a NAT server's packet replies for.  Key: the server's Endpoint.
// When further services share the server, their connections have reply records.
struct ReplyService {
    Address virtual_address;
    be16 virtual_port;
    uint16_t shared;  // 1: look for a reply record when no connection fits
};
static_assert(sizeof(ReplyService) == 20);

// A next hop: a neighbour on an interface.  Rows are found by content and never change while a
// fresh HopRef can name them.  Written by the data plane.
struct Neighbour {
    uint32_t interface;  // ifindex
    uint32_t mtu;        // of the route, bytes of IP packet
    Mac destination;
    Mac source;
    Tick used;  // last look-up that gave this row; 0: free
};
static_assert(sizeof(Neighbour) == 24);
inline constexpr uint32_t neighbour_rows = 4096;

// An interface that a lane serves.  Key: ifindex.  Written by the daemon.
struct Interface {
    Mac address;
    uint16_t flags;  // interface_flag
};
namespace interface_flag {
inline constexpr uint16_t served = 1;
inline constexpr uint16_t qdisc_is_ours = 4;  // made for us: removed with us
inline constexpr uint16_t takes_xdp_frames = 2;  // its driver transmits frames XDP redirects
}  // namespace interface_flag
inline constexpr uint32_t interface_rows = 16384;

// Counted per CPU: row = cpu * Settings::counter_rows_per_cpu + server.
struct Counters {
    uint64_t connections;
    uint64_t in_packets;
    uint64_t out_packets;
    uint64_t in_bytes;
    uint64_t out_bytes;
};
static_assert(sizeof(Counters) == 40);

// What the daemon must remember of a service and a server beside their rows: it adopts them from
// here when it starts anew.  The data plane never reads them.
struct ServiceRecord {
    Counters base;     // what the counters were when they were last zeroed
    Counters retired;  // counters of servers whose rows have been given back
    uint32_t in_use;   // 0: the row is free
    uint32_t flags;
    uint32_t persistence_timeout_s;
    uint32_t netmask;
    char persistence_engine[16];
};

enum class ServerUse : uint32_t { free = 0, serving = 1, removed = 2 };

struct ServerRecord {
    Counters base;
    ServerUse use;
    int32_t weight;
    uint32_t upper_threshold;
    uint32_t lower_threshold;
    Endpoint service;  // whose server it is or was
    uint16_t tunnel_port;
    uint16_t tunnel_flags;
    uint8_t tunnel_type;
    uint8_t pad_[7];
};

static_assert(sizeof(ServiceRecord) == 112 && sizeof(ServerRecord) == 88);

}  // namespace turnout::abi
