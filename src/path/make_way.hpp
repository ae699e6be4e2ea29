// An existing connection that makes way for a new one.
//
// An ended TCP or SCTP connection does, for a client that opens another from the same port
// (conn_reuse_mode): at once, whatever its timeout.  With expire_nodest_conn so does one whose
// server is gone.
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "path/parse_sctp.hpp"

namespace turnout {

namespace detail {

TURNOUT_INLINE bool is_opening(const Packet& packet) {
    return packet.tcp_flags & tcp_flag::syn || is_init(packet);
}

// Has it ended, as far as its states tell?
TURNOUT_INLINE bool has_ended(const abi::Settings& settings, const abi::Connection& connection) {
    if (settings.flags & abi::settings_flag::no_reuse) return false;
    const uint32_t status = load_once(connection.status);
    switch (static_cast<abi::State>(status & abi::status::state_mask)) {
        case abi::State::time_wait:
        case abi::State::close:
        case abi::State::sctp_closed:
            return true;
        case abi::State::fin_wait:
            return settings.flags & abi::settings_flag::reuse_fin_wait &&
                   status & abi::status::no_output;
        default:
            return false;
    }
}

// Its server has been removed; or takes no new connections, and this would be one.
template <TablesEnvironment Env>
TURNOUT_INLINE bool is_abandoned(Env& env, const abi::Connection& connection,
                                 const Packet& packet) {
    const abi::Server* server = env.server(connection.server);
    if (!server || is_icmp_error(packet)) return false;
    return server->flags & abi::server_flag::removed || (server->weight == 0 && is_opening(packet));
}

}  // namespace detail

// Persistence holds a connection to its server even when it has ended, but not to one that is gone.
template <TablesEnvironment Env>
TURNOUT_INLINE bool makes_way(Env& env, const abi::Settings& settings,
                              const abi::Connection& connection, const Packet& packet) {
    if (settings.flags & abi::settings_flag::expire_nodest_conn &&
        detail::is_abandoned(env, connection, packet))
        return true;
    return detail::is_opening(packet) && !connection.link &&
           detail::has_ended(settings, connection);
}

}  // namespace turnout
