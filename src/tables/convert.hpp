// Between the model's values and the rows of abi/.
#pragma once

#include "abi/rows.hpp"
#include "model/change.hpp"
#include "model/report.hpp"
#include "model/service.hpp"
#include "tables/rows.hpp"

namespace turnout::tables {

abi::Address to_row(const model::Address& address);
model::Address from_row(const abi::Address& address, abi::Family family);

// An address of so many leading ones, as they stand in a row.
abi::Address mask_of_prefix(uint32_t length);

abi::Endpoint endpoint_of(const model::ServiceKey& key);
abi::Endpoint endpoint_of(const model::ServerKey& key, model::Protocol protocol);
model::ServiceKey service_key_of(const abi::Endpoint& endpoint);

// Every scheduler of the data plane, "none" included.
std::vector<std::string> scheduler_names();
abi::Scheduler scheduler_of(const std::string& name);
const char* name_of(abi::Scheduler scheduler);

// IPVS's name of a connection's state.
const char* name_of(const abi::Connection& connection);

model::Counters from_row(const abi::Counters& counters);
abi::Counters to_row(const model::Counters& counters);

// How many records a page of memory is, the unit of IPVS's amemthresh.
inline constexpr uint32_t records_per_page = 4096 / sizeof(abi::Connection);

// Ticks are cut down from seconds: this gives the seconds that they were.
uint32_t seconds_of(abi::Tick ticks);

// IPVS's defaults: timeouts and choices.
void set_defaults(const Rows& rows);

}  // namespace turnout::tables
