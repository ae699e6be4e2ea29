// Listing the connection table without disturbing it: a walk over the shared buckets.
#pragma once

#include <functional>

#include "abi/time.hpp"
#include "model/report.hpp"
#include "tables/rows.hpp"

namespace turnout::tables {

// Calls `visit` for each connection that is alive at `now`.
void visit_connections(const Rows& rows, abi::Tick now,
                       const std::function<void(const model::ConnectionReport&)>& visit);

// How many connections are alive at `now`.
uint32_t count_connections(const Rows& rows, abi::Tick now);

}  // namespace turnout::tables
