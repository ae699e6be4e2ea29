// The options as libpopt reads them: their names, letters and whether they take a text.
#pragma once

#include <popt.h>

#include <optional>

#include "cli/ipvsadm/grammar.hpp"

namespace turnout::ipvsadm {

// libpopt gives these numbers back: the letter of a short option, or one of these.
enum LongOnly : int {
    set_timeouts = 256,
    start_daemon,
    stop_daemon,
    sctp_service,
    mcast_interface,
    timeout,
    daemon_list,
    stats,
    rate,
    thresholds,
    persistent_conn,
    nosort,
    sort,
    syncid,
    pe,
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

// Ends with an empty entry, as libpopt wants it; lives as long as the program.
const poptOption* option_table();

// The command that a number from libpopt stands for; none when it is another option.
std::optional<Command> command_of(int token);

}  // namespace turnout::ipvsadm
