// The director's answers to what IPVS has no word for.
#include <algorithm>
#include <cerrno>

#include "director/director.hpp"
#include "director/settings.hpp"
#include "tables/connections.hpp"

namespace turnout::director {
namespace {

constexpr uint32_t greatest_rule_number = 65535;

}  // namespace

Result<std::vector<model::MarkRule>> Director::add_mark_rules(std::vector<model::MarkRule> rules) {
    std::vector<model::MarkRule> all = mark_rules_.rules();
    uint32_t number = all.empty() ? 0 : all.back().number;
    for (model::MarkRule& rule : rules) {
        if (auto ok = check(rule); !ok) return std::unexpected(ok.error());
        number = std::max(number + 1, rule.number);
        if (number > greatest_rule_number)
            return fail(ENOSPC, "rule numbers go up to 65535: delete the last rules and add anew");
        rule.number = number;
        all.push_back(rule);
    }
    if (auto ok = mark_rules_.write(std::move(all)); !ok) return std::unexpected(ok.error());
    changed_();
    return rules;
}

Status Director::remove_mark_rule(uint32_t number) {
    std::vector<model::MarkRule> all = mark_rules_.rules();
    if (!std::erase_if(all, [&](const auto& rule) { return rule.number == number; }))
        return fail(ENOENT, "no mark rule " + std::to_string(number) +
                                "; `turnout mark list` shows those there are");
    if (auto ok = mark_rules_.write(std::move(all)); !ok) return ok;
    changed_();
    return {};
}

std::vector<model::Setting> Director::settings() const {
    return list_settings(rows_);
}

Status Director::set(const std::string& name, int64_t value) {
    if (auto ok = change_setting(rows_, name, value); !ok) return ok;
    tables_.settings_changed();
    changed_();
    return {};
}

Result<model::StateTimeouts> Director::service_timeouts(const model::ServiceKey& key) const {
    if (!model_.find(key)) return fail(ESRCH, "no virtual service " + to_string(key));
    return tables_.timeouts(key);
}

Status Director::set_service_timeouts(const model::ServiceKey& key,
                                      const model::StateTimeouts& changes) {
    if (!model_.find(key)) return fail(ESRCH, "no virtual service " + to_string(key));
    model::StateTimeouts own = tables_.timeouts(key);
    for (const auto& [name, seconds] : changes) {
        if (!tables::state_named(name))
            return fail(ENOENT, "no state \"" + name + "\"; `turnout settings` lists them as " +
                                    timeout_prefix + "STATE");
        if (seconds > model::longest_timeout_s)
            return fail(ERANGE,
                        "a timeout is a year at most, not " + std::to_string(seconds) + " seconds");
        own[name] = seconds;
    }
    std::erase_if(own, [](const auto& timeout) { return timeout.second == 0; });
    if (auto ok = tables_.set_timeouts(key, own); !ok) return ok;
    changed_();
    return {};
}

Result<bool> Director::resets_idle(const model::ServiceKey& key) const {
    if (!model_.find(key)) return fail(ESRCH, "no virtual service " + to_string(key));
    return tables_.resets_idle(key);
}

Status Director::set_resets_idle(const model::ServiceKey& key, bool resets) {
    if (!model_.find(key)) return fail(ESRCH, "no virtual service " + to_string(key));
    tables_.set_resets_idle(key, resets);
    changed_();
    return {};
}

std::optional<uint32_t> Director::end_connections(uint32_t part,
                                                  const model::ConnectionFilter& filter) {
    return tables::end_connections(rows_, part, abi::tick_of_ns(clock_()), filter);
}

}  // namespace turnout::director
