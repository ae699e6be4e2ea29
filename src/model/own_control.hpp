// What may be asked of a director that IPVS has no word for: rules that mark packets, settings.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/mark_rule.hpp"
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

    // Timeouts that a service has instead of everybody's.  ESRCH when there is no such service.
    virtual Result<StateTimeouts> service_timeouts(const ServiceKey& key) const = 0;
    // Changes those that are named; 0: everybody's again.  ESRCH, ENOENT for an unknown state,
    // ERANGE, ENOSPC when too many services have different ones.
    virtual Status set_service_timeouts(const ServiceKey& key, const StateTimeouts& changes) = 0;
};

}  // namespace turnout::model
