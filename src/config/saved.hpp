// What people have configured, as one value: read off a director, and put into a new one.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/control.hpp"
#include "model/own_control.hpp"

namespace turnout::config {

struct Saved {
    model::Timeouts timeouts;
    std::map<std::string, int64_t> settings;  // those that depart from their standard
    std::vector<model::MarkRule> mark_rules;
    std::vector<model::Service> services;  // in the order of Control::services(), with servers
    std::map<model::ServiceKey, model::StateTimeouts> service_timeouts;  // of those that have own
    std::set<model::ServiceKey> reset_idle;  // services that end idle connections with a RST
    std::vector<model::SyncDaemon> sync_daemons;
};

Saved collect(const model::Control& control, const model::OwnControl& own);

// Into a director that has nothing yet.  Stops at the first thing refused: the error names it.
Status restore(const Saved& saved, model::Control& control, model::OwnControl& own);
// The part of it that no data plane keeps.  A sync daemon goes with its interface.
Status restore_daemons(const Saved& saved, model::Control& control);

}  // namespace turnout::config
