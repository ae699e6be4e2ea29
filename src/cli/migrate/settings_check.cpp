#include "cli/migrate/settings_check.hpp"

#include <algorithm>
#include <map>

#include "base/number.hpp"
#include "cli/migrate/sysctl_text.hpp"

namespace turnout::cli::migrate {
namespace {

// What the kernel has unless somebody sets it, of settings that a director does not have (Linux,
// net/netfilter/ipvs/ip_vs_ctl.c); those that depend on the machine are left out.
const std::map<std::string, std::string>& kernel_standards() {
    static const std::map<std::string, std::string> standards = {
        {"backup_only", "0"},
        {"conntrack", "0"},
        {"debug_level", "0"},
        {"est_cpulist", ""},
        {"est_nice", "0"},
        {"ignore_tunneled", "0"},
        {"run_estimation", "1"},
        {"snat_reroute", "1"},
        {"sync_persist_mode", "0"},
        {"sync_ports", "1"},
        {"sync_refresh_period", "0"},
        {"sync_retries", "0"},
        {"sync_sock_size", "0"},
        {"sync_threshold", "3 50"},
        {"sync_version", "1"},
    };
    return standards;
}

std::string in_one_line(std::string text) {
    std::ranges::replace(text, '\t', ' ');
    std::ranges::replace(text, '\n', ' ');
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

}  // namespace

void Settings::check_text(const std::string& text, const std::string& name) {
    const SysctlText lines = read_sysctl_text(text);
    for (const SysctlLine& line : lines.settings)
        check(name + ':' + std::to_string(line.line), line.name, line.value);
}

void Settings::check_value(const std::string& where, const std::string& name,
                           const std::string& value) {
    const auto settings = control_.settings();
    const auto known = std::ranges::find(settings, name, &model::Setting::name);
    const auto standard = kernel_standards().find(name);
    const std::string now = in_one_line(value);
    const bool untouched = known != settings.end()
                               ? now == std::to_string(known->standard)
                               : standard == kernel_standards().end() || now == standard->second;
    if (!untouched) check(where, name, now);
}

void Settings::check(const std::string& where, const std::string& name, const std::string& value) {
    const auto number = number_of<int64_t>(value);
    const Status done = control_.set(name, number.value_or(0));
    if (!done) {
        findings_.push_back({Weight::different, where, done.error().message, ""});
    } else if (!number) {
        findings_.push_back(
            {Weight::refused, where, name + " is no number here, but \"" + value + '"', ""});
    } else {
        ++taken_;
    }
}

}  // namespace turnout::cli::migrate
