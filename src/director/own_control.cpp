// The director's answers to what IPVS has no word for.
#include <algorithm>
#include <cerrno>

#include "director/director.hpp"

namespace turnout::director {
namespace {

// A setting that is one flag of the data plane's, set when it departs from its standard.
struct FlagSetting {
    const char* name;
    uint32_t flag;
    bool standard;
    const char* meaning;
};

constexpr FlagSetting flag_settings[] = {
    {"expire_quiescent_template", abi::settings_flag::expire_quiescent_template, false,
     "1: clients bound by persistence to a server of weight 0 are given another"},
    {"pmtu_disc", abi::settings_flag::no_path_mtu_discovery, true,
     "0: IPv4 packets too large for a tunnel are fragmented, whatever they say of it"},
    {"schedule_icmp", abi::settings_flag::schedule_icmp, false,
     "1: an ICMP error of no connection is scheduled as a packet of its client would be"},
};

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
    std::vector<model::Setting> all;
    for (const auto& [name, flag, standard, meaning] : flag_settings) {
        const bool departs = rows_.settings->flags & flag;
        all.push_back({name, departs != standard, standard, 0, 1, meaning});
    }
    return all;
}

Status Director::set(const std::string& name, int64_t value) {
    for (const auto& setting : flag_settings) {
        if (name != setting.name) continue;
        if (value < 0 || value > 1)
            return fail(ERANGE, name + " is 0 or 1, not " + std::to_string(value));
        uint32_t& flags = rows_.settings->flags;
        if ((value != 0) != setting.standard)
            __atomic_fetch_or(&flags, setting.flag, __ATOMIC_SEQ_CST);
        else
            __atomic_fetch_and(&flags, ~setting.flag, __ATOMIC_SEQ_CST);
        changed_();
        return {};
    }
    return fail(ENOENT, "no setting \"" + name + "\"; `turnout settings` shows those there are");
}

}  // namespace turnout::director
