#include "cli/ipvsadm/grammar.hpp"

#include <array>

namespace turnout::ipvsadm {
namespace {

using enum Option;

struct Rule {
    const char* name;
    OptionSet needed;
    OptionSet allowed;
    OptionSet one_of;  // at most one of these
};

constexpr OptionSet service_options{scheduler, persistent, netmask, ops, pe, sched_flags};
constexpr OptionSet server_options{method,   weight,     upper_threshold, lower_threshold, tun_type,
                                   tun_port, tun_nocsum, tun_csum,        tun_remcsum};
constexpr OptionSet list_options{numeric, stats,  rate,  thresholds, persistent_conn,
                                 nosort,  syncid, exact, tun_info};
constexpr OptionSet daemon_options{mcast_interface, syncid,    mcast_group,
                                   mcast_port,      mcast_ttl, sync_maxlen};

// In the order of Command.
constexpr std::array<Rule, 14> commands{{
    {"add-service", {service}, service_options, {}},
    {"edit-service", {service}, service_options, {}},
    {"delete-service", {service}, {}, {}},
    {"flush", {}, {}, {}},
    {"list", {}, list_options, {connection, service, timeout, daemon}},
    {"add-server", {service, real_server}, server_options, {}},
    {"delete-server", {service, real_server}, {}, {}},
    {"edit-server", {service, real_server}, server_options, {}},
    {"set", {}, {}, {}},
    {"start-daemon", {}, daemon_options, {}},
    {"stop-daemon", {}, {syncid}, {}},
    {"restore", {}, {}, {}},
    {"save", {}, {numeric}, {}},
    {"zero", {}, {service}, {}},
}};

// In the order of model::TunnelType.
constexpr std::array<Rule, 3> tunnels{{
    {"ipip", {}, {tun_type}, {}},
    {"gue", {tun_port}, {tun_type}, {tun_nocsum, tun_csum, tun_remcsum}},
    {"gre", {}, {tun_type}, {tun_nocsum, tun_csum}},
}};

std::string quoted(const char* text) {
    return std::string("'") + text + "'";
}

// Looks at the options of `looked_at` only; `noun` says what the rule is about.
std::optional<std::string> check(const Rule& rule, const char* noun, OptionSet looked_at,
                                 OptionSet given) {
    const std::string about = "the " + quoted(rule.name) + " " + noun;
    std::optional<Option> chosen;
    for (uint8_t i = 0; i < option_count; ++i) {
        const auto option = static_cast<Option>(i);
        if (!looked_at.has(option)) continue;
        const std::string this_one = quoted(name(option));
        if (!given.has(option)) {
            if (rule.needed.has(option))
                return "You need to supply the " + this_one + " option for " + about;
            continue;
        }
        if (rule.one_of.has(option)) {
            if (chosen)
                return "The option " + this_one + " conflicts with the " + quoted(name(*chosen)) +
                       " option in " + about;
            chosen = option;
        } else if (!rule.needed.has(option) && !rule.allowed.has(option)) {
            return "Illegal " + this_one + " option with " + about;
        }
    }
    return std::nullopt;
}

constexpr OptionSet every_option() {
    OptionSet all;
    for (uint8_t i = 0; i < option_count; ++i) all.insert(static_cast<Option>(i));
    return all;
}

// Lists of connections, timeouts and daemons have no forms of the list of services.
bool formats_conflict(OptionSet given) {
    if (given.has_any_of({connection, timeout, daemon}) &&
        given.has_any_of({stats, rate, thresholds}))
        return true;
    return given.has_any_of({timeout, daemon}) && given.has(persistent_conn);
}

}  // namespace

const char* name(Option option) {
    static constexpr std::array<const char*, option_count> names{"numeric",
                                                                 "connection",
                                                                 "service-address",
                                                                 "scheduler",
                                                                 "persistent",
                                                                 "netmask",
                                                                 "real-server",
                                                                 "forwarding-method",
                                                                 "weight",
                                                                 "u-threshold",
                                                                 "l-threshold",
                                                                 "mcast-interface",
                                                                 "timeout",
                                                                 "daemon",
                                                                 "stats",
                                                                 "rate",
                                                                 "thresholds",
                                                                 "persistent-conn",
                                                                 "nosort",
                                                                 "syncid",
                                                                 "exact",
                                                                 "ops",
                                                                 "pe",
                                                                 "sched-flags",
                                                                 "mcast-group",
                                                                 "mcast-port",
                                                                 "mcast-ttl",
                                                                 "sync-maxlen",
                                                                 "tun-info",
                                                                 "tun-type",
                                                                 "tun-port",
                                                                 "tun-nocsum",
                                                                 "tun-csum",
                                                                 "tun-remcsum"};
    return names[static_cast<uint8_t>(option)];
}

std::optional<std::string> mistake(Command command, OptionSet given) {
    const Rule& rule = commands[static_cast<uint8_t>(command)];
    if (auto found = check(rule, "command", every_option(), given)) return found;
    if (command == Command::list && formats_conflict(given))
        return "options conflicts in the list command";
    return std::nullopt;
}

std::optional<std::string> mistake(model::TunnelType type, OptionSet given) {
    return check(tunnels[static_cast<uint8_t>(type)], "tunnel type", tunnel_options, given);
}

}  // namespace turnout::ipvsadm
