// What connections have been told of their servers holds no longer.
#pragma once

#include "table/atomic.hpp"
#include "tables/rows.hpp"

namespace turnout::tables {

// To be called before flags or timeouts of a server change: until no next hop is good any more that
// a connection was told before, packets go by the server's row (path/short_way/deliver.hpp).
inline void unsettle(const Rows& rows) {
    constexpr uint32_t longer_than_a_hop_s = 4;  // see abi::is_recent()
    const abi::Tick now = load_once(rows.settings->now);
    store_once(rows.settings->servers_settled, now + abi::ticks_of_seconds(longer_than_a_hop_s));
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

}  // namespace turnout::tables
