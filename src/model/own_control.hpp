// What may be asked of a director that IPVS has no word for: rules that mark packets, settings,
// connections one by one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/connection_filter.hpp"
#include "model/mark_rule.hpp"
#include "model/report.hpp"
#include "model/service.hpp"
#include "model/timeouts.hpp"

namespace turnout::model {

// A choice that a person may make; the names, meanings and defaults are those of IPVS's sysctls
// (net.ipv4.vs.*) where it has one.
struct Setting {
    std::string name;
    int64_t value = 0;
    int64_t standard = 0;  // unless somebody sets it
    int64_t least = 0, greatest = 0;
    std::string meaning;  // one line
};

// Which servers are meant: that of one service, or all of that address; with a port or any.
struct ServerChoice {
    std::optional<ServiceKey> service;
    Address server;
    std::optional<uint16_t> port;
};

// How a drain goes: see Drain.
struct DrainOptions {
    std::optional<uint32_t> deadline_s;  // from now on
    bool then_remove = false;
    uint8_t udp_idle_s = 1;
};

struct DrainReport {
    ServiceKey service;
    ServerKey server;
    int32_t weight = 0;  // which it has again when the drain is cancelled
    bool is_over = false, then_remove = false;
    std::optional<uint64_t> left_s;            // until the deadline
    std::map<Protocol, uint32_t> connections;  // that are left, by protocol; none: no entry
    uint32_t templates = 0;                    // which lead nowhere
    bool is_last = false;                      // its service has no other that takes connections
};

class OwnControl {
  public:
    virtual ~OwnControl() = default;

    // In the order in which they are looked at: the last that matches decides.
    virtual std::vector<MarkRule> mark_rules() const = 0;
    // Adds rules behind those that are there, all or none; gives them as they now are, with their
    // numbers: a rule keeps its own if that is above those before it.  EINVAL for a rule that makes
    // no sense, ENOSPC when the table is full.
    virtual Result<std::vector<MarkRule>> add_mark_rules(std::vector<MarkRule> rules) = 0;
    // ENOENT when there is no such rule.
    virtual Status remove_mark_rule(uint32_t number) = 0;

    virtual std::vector<Setting> settings() const = 0;
    // ENOENT for an unknown name, ENOSYS for one of IPVS's that makes no sense here, with the
    // reason; ERANGE for a value it cannot have.
    virtual Status set(const std::string& name, int64_t value) = 0;

    // Every server that is being drained, or has been and stays out of service.
    virtual std::vector<DrainReport> drains() const = 0;
    // Begins to drain the servers, or gives a drain other options.  ENOENT when there is no such
    // server.
    virtual Result<std::vector<DrainReport>> start_drain(const ServerChoice& servers,
                                                         const DrainOptions& options) = 0;
    // The servers have their weight again; gives how many.  ENOENT when none of them is drained.
    virtual Result<uint32_t> cancel_drain(const ServerChoice& servers) = 0;

    // As Control::connections, which the same director answers.
    virtual bool connections(uint32_t part,
                             const std::function<void(const ConnectionReport&)>& visit) const = 0;
    // Ends the connections of one part of the table that the filter names, counted as above; gives
    // how many, or nothing behind the last part.
    virtual std::optional<uint32_t> end_connections(uint32_t part,
                                                    const ConnectionFilter& filter) = 0;

    // Timeouts that a service has instead of everybody's.  ESRCH when there is no such service.
    virtual Result<StateTimeouts> service_timeouts(const ServiceKey& key) const = 0;
    // Changes those that are named; 0: everybody's again.  ESRCH, ENOENT for an unknown state,
    // ERANGE, ENOSPC when too many services have different ones.
    virtual Status set_service_timeouts(const ServiceKey& key, const StateTimeouts& changes) = 0;

    // Does the service tell both ends of a TCP connection by a RST when it expires for being idle?
    // ESRCH when there is no such service.
    virtual Result<bool> resets_idle(const ServiceKey& key) const = 0;
    virtual Status set_resets_idle(const ServiceKey& key, bool resets) = 0;
};

}  // namespace turnout::model
