// The ends of an idle TCP connection, told before it expires: for services that want a RST sent to
// both.
//
// The sweeper cannot send packets.  It tells the daemon of the connection shortly before its time
// is over, and the daemon sends the RST to the server through the connection itself, which so comes
// to its end as by a RST of the client's.  Without a daemon it expires like any other.
#pragma once

#include <stdint.h>

#include "abi/connection.hpp"
#include "table/atomic.hpp"
#include "table/table.hpp"

namespace turnout {

// Two walks of the sweeper.
inline constexpr abi::Tick told_before_end = abi::ticks_of_seconds(2);

// True of a connection whose ends are to be told now.
TURNOUT_INLINE bool is_to_be_told(const abi::Connection& record, uint32_t status, abi::Tick now) {
    if ((status & (abi::status::noted | abi::status::told)) != abi::status::noted) return false;
    if (static_cast<abi::State>(status & abi::status::state_mask) != abi::State::established)
        return false;
    const int32_t left = static_cast<int32_t>(load_once(record.timeout)) -
                         abi::elapsed(load_once(record.last_seen), now);
    return left <= static_cast<int32_t>(told_before_end);
}

// Tells the daemon of the connection at a location, once for all the time that it is idle.
template <class Env>
TURNOUT_INLINE void tell_of_end(Env& env, Location location, abi::Tick now) {
    abi::Connection* record = at(env, location);
    const abi::Sequences* sequences = env.sequences(location);
    if (!record || !sequences) return;
    const uint32_t status = load_once(record->status);
    if (!swap_if(record->status, status, status | abi::status::told)) return;
    env.tell_ending({record->tuple, *sequences, now, 0});
}

}  // namespace turnout
