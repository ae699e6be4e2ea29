#include "cli/ipvsadm/option_table.hpp"

namespace turnout::ipvsadm {
namespace {

poptOption flag(const char* long_name, int value, char letter = 0) {
    return {long_name, letter, POPT_ARG_NONE, nullptr, value, nullptr, nullptr};
}
poptOption flag(const char* long_name, char letter) {
    return flag(long_name, letter, letter);
}

poptOption text(const char* long_name, int value, char letter = 0, unsigned extra = 0) {
    return {long_name, letter, POPT_ARG_STRING | extra, nullptr, value, nullptr, nullptr};
}
poptOption text(const char* long_name, char letter) {
    return text(long_name, letter, letter);
}

}  // namespace

const poptOption* option_table() {
    static const poptOption table[] = {
        flag("add-service", 'A'),
        flag("edit-service", 'E'),
        flag("delete-service", 'D'),
        flag("clear", 'C'),
        flag("list", 'L'),
        flag("list", 'l'),
        flag("zero", 'Z'),
        flag("add-server", 'a'),
        flag("edit-server", 'e'),
        flag("delete-server", 'd'),
        flag("set", set_timeouts),
        flag("help", 'h'),
        flag("version", 'v'),
        flag("restore", 'R'),
        flag("save", 'S'),
        text("start-daemon", start_daemon),
        text("stop-daemon", stop_daemon),
        text("tcp-service", 't'),
        text("udp-service", 'u'),
        text("sctp-service", sctp_service),
        text("fwmark-service", 'f'),
        text("scheduler", 's'),
        text("persistent", 'p', 'p', POPT_ARGFLAG_OPTIONAL),
        text("netmask", 'M'),
        text("real-server", 'r'),
        flag("masquerading", 'm'),
        flag("ipip", 'i'),
        flag("gatewaying", 'g'),
        text("weight", 'w'),
        text("u-threshold", 'x'),
        text("l-threshold", 'y'),
        flag("numeric", 'n'),
        flag("connection", 'c'),
        text("mcast-interface", mcast_interface),
        flag("timeout", timeout),
        flag("daemon", daemon_list),
        flag("stats", stats),
        flag("rate", rate),
        flag("thresholds", thresholds),
        flag("persistent-conn", persistent_conn),
        flag("nosort", nosort),
        flag("sort", sort),
        text("syncid", syncid),
        flag("exact", 'X'),
        flag("ipv6", '6'),
        flag("ops", 'o'),
        text("pe", pe),
        text("sched-flags", 'b'),
        text("mcast-group", mcast_group),
        text("mcast-port", mcast_port),
        text("mcast-ttl", mcast_ttl),
        text("sync-maxlen", sync_maxlen),
        flag("tun-info", tun_info),
        text("tun-type", tun_type),
        text("tun-port", tun_port),
        flag("tun-nocsum", tun_nocsum),
        flag("tun-csum", tun_csum),
        flag("tun-remcsum", tun_remcsum),
        {nullptr, 0, 0, nullptr, 0, nullptr, nullptr},
    };
    return table;
}

std::optional<Command> command_of(int token) {
    switch (token) {
        case 'A':
            return Command::add_service;
        case 'E':
            return Command::edit_service;
        case 'D':
            return Command::delete_service;
        case 'C':
            return Command::flush;
        case 'L':
        case 'l':
            return Command::list;
        case 'Z':
            return Command::zero;
        case 'a':
            return Command::add_server;
        case 'e':
            return Command::edit_server;
        case 'd':
            return Command::delete_server;
        case 'R':
            return Command::restore;
        case 'S':
            return Command::save;
        case set_timeouts:
            return Command::set_timeouts;
        case start_daemon:
            return Command::start_daemon;
        case stop_daemon:
            return Command::stop_daemon;
        default:
            return std::nullopt;
    }
}

}  // namespace turnout::ipvsadm
