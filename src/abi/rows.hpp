// The rows of the tables that user space and the data plane share, besides connections.
//
// "Written by" says who: configuration rows are written by the daemon alone, the others by the
// data plane.  All are plain fields with explicit padding; a row of an array is a multiple of eight
// bytes, as the kernel lays arrays out, so that user space can map them as they are.
#pragma once

#include <stdint.h>

#include "abi/address.hpp"
#include "abi/connection.hpp"
#include "abi/counters.hpp"
#include "abi/ftp_control.hpp"
#include "abi/schedulers.hpp"
#include "abi/time.hpp"
#include "wire/ethernet.hpp"

namespace turnout::abi {

// Bumped whenever a row's layout or meaning changes; part of the path of the pinned tables.
inline constexpr uint32_t tables_version = 15;

// What some service needs, so that packets are spared the work while none does; and choices.
namespace settings_flag {
inline constexpr uint32_t marks = 2;          // there are services by firewall mark
inline constexpr uint32_t ftp = 4;            // there is a service on TCP port 21
inline constexpr uint32_t any_port = 8;       // there are services on every port (port 0)
inline constexpr uint32_t wild_replies = 16;  // NAT servers of services by mark, on every port
inline constexpr uint32_t sip = 32;           // persistence by SIP calls
inline constexpr uint32_t expire_quiescent_template = 64;
inline constexpr uint32_t no_path_mtu_discovery = 128;  // in IPv4 tunnels
inline constexpr uint32_t schedule_icmp = 256;          // errors open connections
inline constexpr uint32_t expire_nodest_conn = 512;     // a removed server's connections end
inline constexpr uint32_t sloppy_tcp = 1024;            // any segment but a RST opens a connection
inline constexpr uint32_t sloppy_sctp = 2048;           // any chunk does
inline constexpr uint32_t no_reuse = 4096;              // ended connections make way for nobody
inline constexpr uint32_t reuse_fin_wait = 8192;        // one-sided ones in FIN_WAIT do, too
inline constexpr uint32_t cache_bypass = 32768;    // without a server, to where the client wanted
inline constexpr uint32_t count_packets = 65536;   // of young connections, for drop_entry
inline constexpr uint32_t draining = 131072;       // some server is being drained
inline constexpr uint32_t nat_icmp_send = 262144;  // NAT servers' strays are refused
// What the data plane switches by itself: see table/defence.hpp, table/data_connections.hpp.
inline constexpr uint32_t secure_tcp = 1u << 24;   // only whole handshakes establish
inline constexpr uint32_t drop_entry = 1u << 25;   // connections that came to nothing are ended
inline constexpr uint32_t drop_packet = 1u << 26;  // some new connections are refused
inline constexpr uint32_t stateless = 1u << 27;  // connections without a record: path/stateless.hpp
inline constexpr uint32_t ftp_data = 1u << 28;   // there are FTP data connections, or will be
}  // namespace settings_flag

// When a defence against too many connections is up.  The numbers are IPVS's, but that what a
// person has set and what has come of it are kept apart: 1 and 2 both say `automatic`.
enum class DefenceMode : uint8_t { off = 0, automatic = 1, always = 3 };

// One row for all programs.  Written by the daemon; the last five flags and the time by the data
// plane.
struct Settings {
    uint64_t hash_seed;
    Tick now;                 // the time, as the sweeper tells it
    uint32_t bucket_mask;     // number of buckets - 1; behind them, one scratch for each CPU
    uint32_t counter_stride;  // servers of a CPU in the tables of counters
    uint32_t endpoint_mask;   // rows of endpoints - 1
    uint32_t buckets_per_sweep;
    uint32_t flags;        // settings_flag
    Tick servers_settled;  // from then on connections may go by what they were told of their server
    uint32_t mark_rules;   // the list in use: see mark_rule_list()
    Tick lblc_timeout;     // how long lblc remembers a destination that nobody asks for
    Tick lblcr_timeout;    // the same of lblcr, and how long it leaves a set of servers as it is
    uint32_t room;         // records that the table holds before it is under pressure
    uint32_t memory_threshold;  // amemthresh: records that stand for so many pages
    uint32_t drop_rate;         // am_droprate: always on, drop_packet refuses one in so many
    DefenceMode drop_entry, drop_packet, secure_tcp;
    uint8_t pad_;
    be16 ftp_port[ftp_ports];  // where services by NAT have their FTP translated; 0: none
    uint32_t pad2_;
};
static_assert(sizeof(Settings) == 88);

// How long a connection may be idle, by State.  Row 0 is everybody's; services that have their own
// share rows of equal content.  Written by the daemon.
struct Timeouts {
    Tick timeout[state_rows];
    uint32_t seconds[state_rows];  // what a person set; 0: as in row 0
};
inline constexpr uint32_t timeout_rows = 1024;
inline constexpr uint32_t common_timeouts = 0;

// How full the table is, and what is done about it.  Written by the data plane.
struct Pressure {
    uint32_t records;      // at the sweeper's last walk through the whole table
    uint32_t counted;      // in this walk, so far
    uint32_t drop_rate;    // one in so many new connections is refused (drop_packet); 0: none
    uint32_t drop_left;    // how many are let in until the next, and that one
    Tick stateless_since;  // when the latest connection began that had no room
    Tick ftp_data_since;   // when there was an FTP data connection last
};
static_assert(sizeof(Pressure) == 24);

// What an address is to us, in the cell of its hash.  One that is 0 says: no service and no NAT
// server has such an address.
namespace filter {
inline constexpr uint8_t service = 1;
inline constexpr uint8_t nat_server = 2;
inline constexpr uint32_t cells = 65536;
}  // namespace filter

TURNOUT_INLINE constexpr uint32_t filter_cell(const Address& address) {
    return (one_word(address).raw * 0x9e3779b1u) >> 16;
}

enum class Scheduler : uint8_t {
#define X(name, number) name = number,
    TURNOUT_SCHEDULERS(X)
#undef X
};

// A virtual service.  Written by the daemon.
//
// Its key in the index is (protocol, address, port); for a service by firewall mark it is the mark
// as an address, with protocol and port 0.
struct Service {
    Endpoint key;
    uint32_t plan;  // row in the plan table: replaced as a whole when the service changes
};
static_assert(sizeof(Service) == 24);

TURNOUT_INLINE bool is_by_mark(const Endpoint& service) {
    return service.protocol == 0;
}

namespace plan_flag {
inline constexpr uint8_t persistent = 1;
inline constexpr uint8_t one_packet = 2;
inline constexpr uint8_t sip = 4;         // persistence by the call of a SIP packet
inline constexpr uint8_t thresholds = 8;  // some server has connection thresholds
inline constexpr uint8_t fallback = 16;   // sh, mh: another server when the one is unavailable
inline constexpr uint8_t by_port = 32;    // sh, mh: the client's port counts, too
}  // namespace plan_flag

// How a service serves, immutable once published: a change makes a new plan and flips
// Service::plan, so a packet sees the old or the new one, never a mixture.  Written by the daemon.
struct Plan {
    uint32_t first;  // candidates[first … first + count)
    uint32_t count;
    Scheduler scheduler;
    uint8_t flags;        // plan_flag
    uint16_t ring_words;  // dh, sh, mh: rows of the ring table; 0: none
    uint32_t ring_first;
    int32_t top_weight;        // wrr: greatest weight - (weight_step - 1)
    int32_t weight_step;       // wrr: greatest common divisor of the weights
    Tick persistence_timeout;  // of new templates
    uint32_t epoch;            // another for every service that had this row, and its schedulers
    Address client_mask;       // the part of a client's address that persistence looks at
};
static_assert(sizeof(Plan) == 48);

// A word of a ring: four of its slots, each the position of a candidate from 1, or 0 for none.
using RingWord = uint64_t;
inline constexpr uint32_t slots_per_ring_word = 4;

// A server in its service's list order.  Written by the daemon.
struct Candidate {
    uint32_t server;
    int32_t weight;
};
inline constexpr uint32_t most_candidates = 4096;  // of one service

// What a scheduler remembers of sixteen candidates that stand together: the best of them, as long
// as none of their servers' loads changes.  The groups of a plan are those of its candidates' rows,
// if these begin with a group.  Written by the data plane; the daemon makes what is remembered
// void.
//
// Each word is read and written whole, and has the version that it holds for at its top.
struct CandidateGroup {
    uint64_t best;     // see best_of_group()
    uint64_t cost;     // of the best, in the low half
    uint64_t version;  // counts the changes of loads, from bit version_shift on
};
static_assert(sizeof(CandidateGroup) == 24);
inline constexpr uint32_t group_size = 16;
// Fewer are looked at one by one as quickly.
inline constexpr uint32_t least_grouped = 33;
// Groups that stand together make a row: a search reads many of them.
inline constexpr uint32_t groups_per_row = 16;
struct CandidateGroups {
    CandidateGroup group[groups_per_row];
};
TURNOUT_INLINE constexpr uint32_t rows_of_groups(uint64_t candidates) {
    return static_cast<uint32_t>(candidates / (group_size * groups_per_row)) + 1;
}

inline constexpr uint32_t divisor_bits = 31, version_shift = 36;
inline constexpr uint64_t one_version = 1ull << version_shift;
// `position`: the best one's in the group, from 1, or 0 if none is available.  `divisor`: what its
// cost is divided by, at least 1.
TURNOUT_INLINE constexpr uint64_t best_of_group(uint64_t version, uint32_t position,
                                                uint32_t divisor) {
    return version | static_cast<uint64_t>(position) << divisor_bits | divisor;
}
TURNOUT_INLINE constexpr uint32_t divisor_of(uint64_t best) {
    return static_cast<uint32_t>(best) & ((1u << divisor_bits) - 1);
}
TURNOUT_INLINE constexpr uint32_t position_of(uint64_t best) {
    return static_cast<uint32_t>(best >> divisor_bits) &
           ((1u << (version_shift - divisor_bits)) - 1);
}
TURNOUT_INLINE constexpr bool holds(uint64_t best, uint64_t cost, uint64_t version) {
    return ((best ^ version) | (cost ^ version)) >> version_shift == 0 && divisor_of(best) != 0;
}
TURNOUT_INLINE constexpr bool is_grouped(const Plan& plan) {
    return plan.count >= least_grouped && plan.first % group_size == 0;
}

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
// The address is one of the director's own: its packets go to the host.
inline constexpr uint32_t local = 2;
// It is being taken out of service: no template leads to it.
inline constexpr uint32_t draining = 4;
// Both ends of a TCP connection that expires in ESTABLISHED are told so by a RST.
inline constexpr uint32_t resets_idle = 8;
}  // namespace server_flag

// What a tunnel's packets are made of; the numbers are IPVS's.
enum class TunnelType : uint8_t { ipip = 0, gue = 1, gre = 2 };

// As ipvsadm gives them, whatever they may be; only these mean something.
namespace tunnel_flag {
inline constexpr uint16_t checksum = 1;         // in the outer header: of UDP, of GRE
inline constexpr uint16_t remote_checksum = 2;  // GUE: the receiver may fill the inner one in
}  // namespace tunnel_flag

// The MTU of a path, in one word: bytes in the low half (0: none told), in the high half the coarse
// second it was told.
using PathMtu = uint32_t;
TURNOUT_INLINE constexpr PathMtu path_mtu(uint32_t bytes, CoarseSecond told) {
    return (bytes & 0xffff) | static_cast<uint32_t>(told) << 16;
}
TURNOUT_INLINE constexpr uint32_t bytes_of(PathMtu mtu) {
    return mtu & 0xffff;
}
// For ten minutes: then the path may have become better (RFC 1191, section 6.3; RFC 8201, 4).
TURNOUT_INLINE constexpr bool is_current(PathMtu mtu, Tick now) {
    constexpr CoarseSecond ten_minutes = 559;
    const CoarseSecond age = static_cast<CoarseSecond>(coarse_second(now) - (mtu >> 16));
    return bytes_of(mtu) != 0 && age < ten_minutes;
}

// A real server of a service, as packets in mid-connection need it, and so in one line.  Written by
// the daemon, but for the way to it.
struct Server {
    Address address;
    Address tunnel_source;  // the director's address on the way to it; outer source
    be16 port;
    Family family;
    Method method;
    uint32_t flags;        // server_flag
    int32_t weight;        // as in the plan that names it, for those who come by another way;
                           // 0 while it is drained
    uint32_t incarnation;  // another for every server that has this row
    // The way to it, written by the data plane.
    HopRef hop;
    PathMtu path_mtu;       // through the tunnel to it, if a router told of a smaller one
    be16 tunnel_port;       // GUE: where the tunnel ends
    uint16_t tunnel_flags;  // tunnel_flag
    TunnelType tunnel_type;
    uint8_t udp_idle_s;  // draining: UDP connections idle for so long make way; 0: none does
    uint16_t timeouts;   // row of its service's
};
static_assert(sizeof(Server) == 64);

// What new connections change of a server.  Written by the data plane; the group and the thresholds
// by the daemon, and `overloaded` also by it when it changes these.  A change of the load is told
// to the group: table/counts.hpp.
struct ServerState {
    uint64_t load;  // connections: active in the high half, inactive in the low; one atomic word
    uint32_t persistent;       // templates that name it
    uint32_t overloaded;       // 1: gets no new connections
    uint32_t upper_threshold;  // connections at which it counts as overloaded; 0: never
    uint32_t lower_threshold;  // below this it no longer does; 0: three quarters of the upper
    uint32_t group;            // row of its CandidateGroup, from 1; 0: none
    uint32_t pad_;
};
static_assert(sizeof(ServerState) == 32);

// A rule that gives packets a firewall mark; of several that match, the last one decides, as with
// iptables' MARK.  Ports are in host order; a packet without ports has port 0.  Written by the
// daemon.
struct MarkRule {
    Address source, source_mask;
    Address destination, destination_mask;
    uint16_t source_port_first, source_port_last;
    uint16_t port_first, port_last;
    uint8_t protocol;  // 0: any
    Family family;
    uint16_t rule;  // rows of one number were one rule of the operator's
    uint32_t mark;
};
static_assert(sizeof(MarkRule) == 80);
inline constexpr uint32_t mark_rule_rows = 2048;

// The list of rules that packets meet, in one word: its first row and how many there are.
TURNOUT_INLINE constexpr uint32_t mark_rule_list(uint32_t first, uint32_t count) {
    return first << 16 | count;
}
TURNOUT_INLINE constexpr uint32_t first_mark_rule(uint32_t list) {
    return list >> 16;
}
TURNOUT_INLINE constexpr uint32_t mark_rule_count(uint32_t list) {
    return list & 0xffff;
}

// Which service a NAT server's packet replies for.  Key: the server's Endpoint.
// When further services share the server, connections have reply records.
struct ReplyService {
    Address virtual_address;
    be16 virtual_port;
    uint16_t shared;  // 1: look for a reply record first
};
static_assert(sizeof(ReplyService) == 20);

// What an endpoint is to us.
enum class EndpointKind : uint32_t { service = 1, nat_server = 2 };

// An endpoint at a place of its own: see table/endpoints.hpp.  Written by the daemon.
struct EndpointRow {
    uint32_t tag;  // of its hash, and its kind; 0: nobody's
    Endpoint key;
    ReplyService reply;  // of a NAT server
    uint32_t service;    // row of a service
};
static_assert(sizeof(EndpointRow) == 48);

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
inline constexpr uint16_t qdisc_is_ours = 4;     // made for us: removed with us
inline constexpr uint16_t takes_xdp_frames = 2;  // its driver transmits frames XDP redirects
}  // namespace interface_flag
inline constexpr uint32_t interface_rows = 16384;

// What any packet may need, in one row of one table: so one look-up gives it all.
struct Common {
    Settings settings;
    Neighbour neighbours[neighbour_rows];
    Timeouts timeouts[timeout_rows];
    uint8_t filter[filter::cells];
    Interface interfaces[interface_rows];
};
static_assert(sizeof(Common) % 8 == 0);

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
    uint32_t epoch;        // of the row's latest plan; outlives the service
    uint32_t timeouts;     // row
    uint32_t resets_idle;  // 1: so do its servers (server_flag)
    uint32_t pad_;
};

enum class ServerUse : uint32_t { free = 0, serving = 1, removed = 2 };

namespace drain_flag {
inline constexpr uint32_t is_over = 1;
inline constexpr uint32_t then_remove = 2;
}  // namespace drain_flag

struct ServerRecord {
    Counters base;
    ServerUse use;
    int32_t last_weight;        // the last weight that was not 0, or the first
    Endpoint service;           // whose server it is or was
    int32_t weight;             // as it was given
    uint64_t drain_deadline_s;  // monotonic clock; 0: none
    uint32_t drain_flags;       // drain_flag; of a server that is drained
    uint32_t pad_;
};

static_assert(sizeof(ServiceRecord) == 144 && sizeof(ServerRecord) == 96);

}  // namespace turnout::abi
