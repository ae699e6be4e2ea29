// The connection table: buckets of one kibibyte, each sixteen lines of a cache line's size.
//
// Line 0 is the bucket's header, lines 1 to 15 are connections.  The header holds a word of state
// and the fifteen tags, so that a look-up touches two cache lines: the header and the one record
// whose tag matches.  How records come and go is told in table/.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "abi/address.hpp"
#include "abi/time.hpp"

namespace turnout::abi {

// Protocol states; the numbers are IPVS's (TCP), UDP's and SCTP's follow.  `none` is everybody's.
enum class State : uint8_t {
    none = 0,
    established = 1,
    syn_sent = 2,
    syn_recv = 3,
    fin_wait = 4,
    time_wait = 5,
    close = 6,
    close_wait = 7,
    last_ack = 8,
    listen = 9,
    syn_ack = 10,
    udp = 11,
    // In IPVS's order; path/states/sctp.hpp tells them.
    sctp_init1 = 12,
    sctp_init = 13,
    sctp_cookie_sent = 14,
    sctp_cookie_replied = 15,
    sctp_cookie_wait = 16,
    sctp_cookie = 17,
    sctp_cookie_echoed = 18,
    sctp_established = 19,
    sctp_shutdown_sent = 20,
    sctp_shutdown_received = 21,
    sctp_shutdown_ack_sent = 22,
    sctp_rejected = 23,
    sctp_closed = 24,
};
inline constexpr uint32_t state_count = 25;
inline constexpr uint32_t state_rows = 32;  // a power of two: any masked state is a row

// How packets reach their server; the numbers are IPVS's.
enum class Method : uint8_t { nat = 0, local = 1, tunnel = 2, direct = 3 };

// Connection::status: the state in the low byte, the flags above, changed together by
// compare-and-swap, so that exactly one packet makes each transition.
namespace status {
inline constexpr uint32_t state_mask = 0xff;
inline constexpr uint32_t active = 1u << 8;     // counted as active, else as inactive
inline constexpr uint32_t no_output = 1u << 9;  // only client packets are seen (direct, tunnel)
inline constexpr uint32_t dead = 1u << 10;      // ended; the sweeper frees the line
inline constexpr uint32_t second_bucket = 1u << 11;  // stands in its second bucket
inline constexpr uint32_t method_shift = 12;      // two bits: the forwarding Method it began with
inline constexpr uint32_t keeps_port = 1u << 14;  // goes to the port it asked for, not the server's
inline constexpr uint32_t assured = 1u << 15;     // see Connection::link
inline constexpr uint32_t retired = 1u << 16;     // never found again, only waits for its end
inline constexpr uint32_t by_call = 1u << 17;     // a template of a SIP call: see NamedCall
inline constexpr uint32_t one_packet = 1u << 18;  // ends with the packet that finds it
inline constexpr uint32_t pending = 1u << 19;  // in its second bucket, not yet in its home's count
// How many packets its client has sent, up to fifteen: see settings_flag::count_packets.
inline constexpr uint32_t packet_one = 1u << 20;
inline constexpr uint32_t packet_mask = 15u << 20;
inline constexpr uint32_t stateless = 1u
                                      << 24;  // no record, but a scratch line: path/stateless.hpp
inline constexpr uint32_t noted = 1u << 25;   // there are Sequences of it
inline constexpr uint32_t told = 1u << 26;    // an Ending of it has been told
inline constexpr uint32_t helped = 1u << 27;  // an FTP control connection: see FtpControl
// A data connection of FTP, or the record that waits for it; its link names the control connection.
inline constexpr uint32_t data = 1u << 28;
// A server that opens one comes from the port below its own, seen as that below the service's.
inline constexpr uint32_t port_below = 1u << 29;
}  // namespace status

// A connection keeps its method when its server is given another.
TURNOUT_INLINE constexpr Method method_of(uint32_t status) {
    return static_cast<Method>(status >> status::method_shift & 3);
}

// A way to a neighbour, remembered in one word: in the low half the row of the neighbour table (0:
// none), in the high half the coarse second it was looked up.
using HopRef = uint32_t;
TURNOUT_INLINE constexpr HopRef hop_ref(uint32_t neighbour, CoarseSecond looked_up) {
    return neighbour | static_cast<uint32_t>(looked_up) << 16;
}
TURNOUT_INLINE constexpr uint32_t neighbour_of(HopRef ref) {
    return ref & 0xffff;
}
// Good for about a second: longer than a burst, shorter than a person notices a moved address.
TURNOUT_INLINE constexpr bool is_recent(HopRef ref, Tick now) {
    const CoarseSecond age = static_cast<CoarseSecond>(coarse_second(now) - (ref >> 16));
    // One CPU's clock may be a little behind another's that looked the hop up.
    return static_cast<CoarseSecond>(age + 1) <= 2;
}
TURNOUT_INLINE constexpr bool is_fresh(HopRef ref, Tick now) {
    return neighbour_of(ref) != 0 && is_recent(ref, now);
}

// What a record of the table is.
enum class TupleKind : uint16_t {
    connection = 0,
    // Leads a server's packet to its connection, when the server's address alone does not tell the
    // virtual one.  The server stands in place of the virtual address.
    reply = 1,
    // A template: where all connections of a client go.  The client is masked, its port is 0; what
    // stands in place of the virtual address: see path/persistence.hpp.
    persistence = 2,
    // Where lblc and lblcr send a destination: see path/schedulers/locality.hpp.
    locality = 3,
    locality_member = 4,
};

// What tells one connection from another, seen from the client: also for the packets that come
// back, whose finder first learns the virtual address from the server's.
struct alignas(8) Tuple {
    Address client;
    Address virtual_address;
    be16 client_port;
    be16 virtual_port;
    uint8_t protocol;
    Family family;
    TupleKind kind;
};
static_assert(sizeof(Tuple) == 40);

// One record for both directions.
//
// `link` is the location of another record, or 0: a connection's template, a reply's connection, an
// FTP data connection's control connection.  A
// template cannot end while connections name it, for it counts them.  What is *assured* has come to
// something: a connection that was established (UDP: answered) and its template.
struct Connection {
    Tuple tuple;
    uint32_t status;
    uint32_t server;  // row in the server table
    Tick last_seen;   // when the last packet came; with status::dead, when it ended
    Tick timeout;
    uint32_t link;
    union {
        HopRef hop;            // connection: back to the client (NAT), to the server (direct)
        uint32_t children;     // persistence: how many connections name it
        uint32_t incarnation;  // locality: of the server, see Server
        Tick changed;          // locality of lblcr: when a server joined or left
    };
};
static_assert(sizeof(Connection) == 64);
static_assert(__has_unique_object_representations(Connection));

// Where the ends of a TCP connection stand, as its client has told: what a RST needs to be taken
// (RFC 5961, section 3.2).  In host order.
struct Sequences {
    uint32_t client_next;  // number of the byte that the client sends next
    uint32_t server_next;  // of the byte that it expects next
};

// A connection whose ends want to be told that it is about to expire.
struct Ending {
    Tuple tuple;
    Sequences sequences;
    Tick told;
    uint32_t pad_;
};
static_assert(sizeof(Ending) == 56);
inline constexpr uint32_t ending_bytes = 1u << 18;  // that may wait for a daemon

inline constexpr uint32_t lines_per_bucket = 16;
inline constexpr uint32_t connections_per_bucket = 15;
// Buckets are made for eight connections each, so that fifteen are hardly ever needed.
inline constexpr uint32_t bucket_fill = 8;

// word[0] is the bucket's state (see bucket_state); word[line] is the tag of that line, 0 if free.
struct BucketHeader {
    uint32_t word[16];
};

struct Bucket {
    BucketHeader header;
    Connection connection[connections_per_bucket];
};
static_assert(sizeof(Bucket) == 1024);
static_assert(offsetof(Bucket, connection) == 64);

// BucketHeader::word[0].
namespace bucket_state {
inline constexpr uint32_t live_mask = 0xfffe;  // bit n: line n is visible to look-ups
inline constexpr uint32_t version_one = 1u << 16;
inline constexpr uint32_t version_mask = 0xffu << 16;  // counts insertions
inline constexpr uint32_t overflow_one = 1u << 24;
inline constexpr uint32_t overflow_mask = 0xffu << 24;  // records of this bucket in their second
}  // namespace bucket_state

}  // namespace turnout::abi
