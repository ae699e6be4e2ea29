// What a packet without a connection asks of the services, and what they answer.
//
// A plain struct in memory of this CPU's own: in the kernel it crosses into functions of their own,
// and their stacks together are too small for it.
#pragma once

#include <stdint.h>

#include "abi/call.hpp"
#include "abi/connection.hpp"
#include "abi/rows.hpp"
#include "path/packet.hpp"

namespace turnout {

// A way to an address as the kernel's routing names it.
struct Route {
    abi::Neighbour neighbour;  // MAC addresses are meaningful when `neighbour_known`
    abi::Address next_hop;     // the gateway, or the destination itself
    abi::Family family;        // of the next hop: IPv4 can go by an IPv6 gateway (RFC 8950)
    bool neighbour_known;
};

namespace opening_flag {
inline constexpr uint32_t fast_lane = 1;  // knows no marks from outside, and reads no payload
inline constexpr uint32_t resumes = 2;    // it may have begun before, without a record
inline constexpr uint32_t data = 4;       // an FTP data connection that was waited for
}  // namespace opening_flag

// A piece of an FTP server's segment that is replaced: see path/helpers/ftp_stream.hpp.
struct Splice {
    uint32_t offset;       // in the payload
    uint32_t removed;      // bytes
    uint32_t inserted;     // the first so many characters of an address's text:
    uint32_t virtual_one;  // 1: of the service's, 0: of the server's
};
// One for each of the edits that are kept, one at either end.
inline constexpr uint32_t most_splices = abi::edits_kept + 2;

struct Opening {
    // The connection it would be.  The packet gives tuple and time, the service the rest.
    abi::Connection record;
    abi::Connection aside;  // room to make one more record in: a template, a pointer, …
    uint32_t remembered;    // where what a scheduler wanted to be remembered stands; 0: nowhere
    uint32_t times_asked;   // how often it has been asked
    uint32_t mark;          // firewall mark; 0: none
    uint32_t flags;         // opening_flag
    abi::NamedCall call;    // the SIP call the packet belongs to, if somebody asked
    uint64_t call_hash[2];
    abi::Address near_end;  // of whoever sends an error: see path/strays.hpp
    Route route;            // a way that was asked for, for this packet or for what it opens
    uint32_t service;       // row of the service that was found
    uint32_t expected;      // location of the record that waited for this data connection, or 0
    uint32_t seen;          // what the look-up that found no connection saw: see table/
    Splice splice[most_splices];  // from the last in the payload to the first
    uint32_t splices;
    // How many errors this CPU has sent in a tick.
    abi::Tick errors_in;
    uint32_t errors;
};

// What every opening starts from.
TURNOUT_INLINE void start(Opening& opening, const abi::Tuple& tuple, abi::Tick now) {
    opening.record = {};
    opening.record.tuple = tuple;
    opening.record.last_seen = now;
    opening.remembered = opening.times_asked = 0;
}

// What the fragments of a packet have in common.
struct FragmentKey {
    abi::Address source, destination;
    be32 id;
    uint8_t protocol;  // IPv6: 0
    abi::Family family;
    uint16_t pad_;
};
static_assert(sizeof(FragmentKey) == 40);

enum class FragmentFate : uint8_t { unknown, waits, host, connection, refused };

// What became of a packet's first fragment: see path/fragments.hpp.
struct FragmentNote {
    uint32_t location;  // of the connection
    abi::Tick since;
    uint16_t held;  // how many came before the first
    FragmentFate fate;
    Direction direction;
};
static_assert(sizeof(FragmentNote) == 12);

// A fragment that came before its first, as a frame.
struct HeldKey {
    FragmentKey packet;
    uint32_t number;
};
inline constexpr uint32_t longest_held = 1600;
struct HeldFragment {
    uint32_t length;
    uint8_t byte[longest_held];
};

// Bytes of a packet, put aside to be summed; four more than a piece is ever long.
struct Piece {
    uint8_t byte[516];
};
inline constexpr uint32_t longest_piece = 512;

// What came of it, step by step.
enum class Answer : uint32_t {
    not_ours = 0,  // there is no such service
    schedule,      // the service is to choose a server
    remember,      // its scheduler wants `aside` to be put into the table, and to be asked again
    connect,       // the server is known
    no_server,     // the service has no server available
    elsewhere,     // the complete lane can tell
    refused,       // by the persistence engine
    defended,      // refused for there are too many (drop_packet)
};

// Enough for a scheduler to remember a destination and a server for it.
inline constexpr uint32_t most_times_asked = 3;

}  // namespace turnout
