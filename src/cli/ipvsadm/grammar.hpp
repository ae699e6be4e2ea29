// Which options a command needs, takes and refuses: a table, and the check against it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "model/service.hpp"

namespace turnout::ipvsadm {

enum class Command : uint8_t {
    add_service,
    edit_service,
    delete_service,
    flush,
    list,
    add_server,
    delete_server,
    edit_server,
    set_timeouts,
    start_daemon,
    stop_daemon,
    restore,
    save,
    zero,
};

// In the order in which a command line is checked: it decides which of two mistakes is told.
enum class Option : uint8_t {
    numeric,
    connection,
    service,
    scheduler,
    persistent,
    netmask,
    real_server,
    method,
    weight,
    upper_threshold,
    lower_threshold,
    mcast_interface,
    timeout,
    daemon,
    stats,
    rate,
    thresholds,
    persistent_conn,
    nosort,
    syncid,
    exact,
    ops,
    pe,
    sched_flags,
    mcast_group,
    mcast_port,
    mcast_ttl,
    sync_maxlen,
    tun_info,
    tun_type,
    tun_port,
    tun_nocsum,
    tun_csum,
    tun_remcsum,
};
inline constexpr uint8_t option_count = static_cast<uint8_t>(Option::tun_remcsum) + 1;

// The name that messages call an option by.
const char* name(Option option);

class OptionSet {
  public:
    constexpr OptionSet() = default;
    constexpr OptionSet(std::initializer_list<Option> options) {
        for (const Option option : options) insert(option);
    }
    constexpr void insert(Option option) { bits_ |= bit(option); }
    constexpr bool has(Option option) const { return bits_ & bit(option); }
    constexpr bool has_any_of(OptionSet others) const { return bits_ & others.bits_; }

  private:
    static constexpr uint64_t bit(Option option) {
        return uint64_t{1} << static_cast<uint8_t>(option);
    }
    uint64_t bits_ = 0;
};

// What makes a server's tunnel more than the default.
inline constexpr OptionSet tunnel_options{Option::tun_type, Option::tun_port, Option::tun_nocsum,
                                          Option::tun_csum, Option::tun_remcsum};

// The first mistake in what was given, in ipvsadm's words; nothing when all is well.
std::optional<std::string> mistake(Command command, OptionSet given);
std::optional<std::string> mistake(model::TunnelType type, OptionSet given);

}  // namespace turnout::ipvsadm
