// Between the model's values and the rows of abi/.
#pragma once

#include "abi/rows.hpp"
#include "model/change.hpp"
#include "model/report.hpp"
#include "model/service.hpp"

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

// IPVS's defaults: timeouts and choices.
void set_defaults(abi::Settings& settings);
// The timeouts that `ipvsadm --set` reads and writes.
void set_timeouts(abi::Settings& settings, const model::Timeouts& timeouts);
model::Timeouts timeouts_of(const abi::Settings& settings);

}  // namespace turnout::tables
