// The connection table seen from outside: a walk over the shared buckets that lists connections or
// ends them while packets go on.
//
// The table is walked in parts of some thousand connections, so that whoever has other work does it
// in between.  What a part tells is what stood there at that moment.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "abi/time.hpp"
#include "model/connection_filter.hpp"
#include "model/report.hpp"
#include "tables/rows.hpp"

namespace turnout::tables {

// Calls `visit` for each connection of a part that is alive at `now`.  False: behind the last part.
bool visit_connections(const Rows& rows, uint32_t part, abi::Tick now,
                       const std::function<void(const model::ConnectionReport&)>& visit);

// Ends the connections of a part that the filter names; gives how many, or nothing behind the last
// part.  Their servers no longer count them, and a next packet finds none.  A template that
// connections name is retired: nobody finds it, and it ends with them.
std::optional<uint32_t> end_connections(Rows& rows, uint32_t part, abi::Tick now,
                                        const model::ConnectionFilter& filter);

// How many connections a server has, by protocol, templates apart: a walk through the whole table.
std::map<model::Protocol, uint32_t> protocols_of(const Rows& rows, abi::Tick now, uint32_t server);

// How many connections are alive at `now`.
uint32_t count_connections(const Rows& rows, abi::Tick now);

}  // namespace turnout::tables
