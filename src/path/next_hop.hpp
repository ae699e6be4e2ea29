// Step 6a: which neighbour gets the packet, and may it go there from this lane?
//
// Asking the kernel's routing costs more than everything else, so its answer is remembered: in the
// server's row for requests (and in connections by direct routing, see short_way/deliver.hpp), in
// the connection for replies, each as a reference to a row of the neighbour table that is good for
// about a second.  When it has grown old, the fast lane passes the packet on; the complete lane
// asks again, and sends that one packet by the kernel's neighbour table.  So a moved address heals
// within a second, whether a daemon runs or not, and the kernel keeps confirming the neighbours
// that are in use.
#pragma once

#include <stdint.h>

#include "path/find_connection.hpp"
#include "table/atomic.hpp"

namespace turnout {

enum class HopState : uint8_t {
    fresh,    // remembered
    asked,    // just asked for
    unknown,  // this lane cannot tell
    no_route,
};

struct Hop {
    HopState state;
    const abi::Neighbour* neighbour;  // when fresh or asked
    Route* route;                     // when asked, in this CPU's opening
};

namespace detail {

// Rows that nobody has looked up for so long may be given to another neighbour.
inline constexpr abi::Tick neighbour_rest = abi::ticks_of_seconds(60);
inline constexpr uint32_t neighbour_probes = 4;

TURNOUT_INLINE uint32_t neighbour_row(const abi::Neighbour& n, uint32_t probe) {
    const uint32_t word =
        (n.destination.half[1] | static_cast<uint32_t>(n.destination.half[2]) << 16) ^
        n.destination.half[0] ^ (n.interface << 8);
    return ((word * 0x9e3779b1u >> 16) + probe) % (abi::neighbour_rows - 1) + 1;
}

TURNOUT_INLINE bool same_neighbour(const abi::Neighbour& a, const abi::Neighbour& b) {
    return a.interface == b.interface && a.mtu == b.mtu && a.destination == b.destination &&
           a.source == b.source;
}

// Puts a neighbour into the table; 0 when its places are taken by others in use.
template <Environment Env>
TURNOUT_INLINE uint32_t keep_neighbour(Env& env, const abi::Neighbour& neighbour, abi::Tick now) {
    const abi::Tick stamp = now | 1;  // 0 means free
    for (uint32_t probe = 0; probe < neighbour_probes; ++probe) {
        const uint32_t index = neighbour_row(neighbour, probe);
        abi::Neighbour* row = env.neighbour(index);
        if (!row) return 0;
        const abi::Tick used = load_once(row->used);
        if (used && same_neighbour(*row, neighbour)) {
            store_once(row->used, stamp);
            return index;
        }
        const bool at_rest =
            !used || abi::elapsed(used, now) > static_cast<int32_t>(neighbour_rest);
        if (!at_rest || !swap_if(row->used, used, stamp)) continue;
        row->interface = neighbour.interface;
        row->mtu = neighbour.mtu;
        row->destination = neighbour.destination;
        row->source = neighbour.source;
        return index;
    }
    return 0;
}

template <Environment Env>
TURNOUT_INLINE void ask_for_route(Env& env, const abi::Address& to, abi::Family family,
                                  abi::HopRef& remembered, abi::Tick now, Hop& hop) {
    hop.state = HopState::no_route;
    Opening* const room = env.opening();
    if (!room || !env.route(to, family, room->route)) return;
    hop.state = HopState::asked;
    hop.route = &room->route;
    hop.neighbour = &room->route.neighbour;
    if (!room->route.neighbour_known) return;
    const uint32_t row = keep_neighbour(env, room->route.neighbour, now);
    store_once(remembered, row ? abi::hop_ref(row, abi::coarse_second(now)) : 0);
}

}  // namespace detail

template <Environment Env>
TURNOUT_INLINE void find_next_hop(Env& env, const abi::Address& to, abi::Family family,
                                  abi::HopRef& remembered, abi::Tick now, Hop& hop) {
    hop.state = HopState::unknown;
    const abi::HopRef ref = load_once(remembered);
    if (abi::is_fresh(ref, now)) {
        if (const abi::Neighbour* row = env.neighbour(abi::neighbour_of(ref))) {
            hop.neighbour = row;
            hop.state = HopState::fresh;
            return;
        }
    }
    if constexpr (Env::is_complete()) detail::ask_for_route(env, to, family, remembered, now, hop);
}

}  // namespace turnout
