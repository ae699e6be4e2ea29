// Step 7: what the packet does to its connection: state, timeout, the server's counts.
#pragma once

#include <stdint.h>

#include "path/find_connection.hpp"
#include "path/persistence.hpp"
#include "path/states/sctp.hpp"
#include "path/states/tcp.hpp"
#include "table/atomic.hpp"
#include "table/counts.hpp"
#include "wire/verifier.hpp"

namespace turnout {

namespace detail {

// The state after this packet.
TURNOUT_INLINE abi::State next_state(const abi::Settings& settings, uint32_t status,
                                     const Packet& packet, Direction direction) {
    const auto state = static_cast<abi::State>(status & abi::status::state_mask);
    const bool request_only = status & abi::status::no_output;
    switch (static_cast<IpProtocol>(packet.protocol)) {
        case IpProtocol::tcp:
            if (settings.flags & abi::settings_flag::secure_tcp)
                return tcp_table::next_secure(state, packet.tcp_flags, direction, request_only);
            return tcp_table::next(state, packet.tcp_flags, direction, request_only);
        case IpProtocol::sctp:
            return sctp_table::next(state, packet.sctp_chunk, direction, request_only);
        default:
            return abi::State::udp;
    }
}

// Active by its state.
TURNOUT_INLINE bool is_active(abi::State state) {
    return tcp_table::is_active(state) || state == abi::State::sctp_established;
}

// Come to something by this packet.
TURNOUT_INLINE bool is_assured(abi::State state, Direction direction) {
    return state == abi::State::established || state == abi::State::sctp_established ||
           (state == abi::State::udp && direction == Direction::reply);
}

// What one more packet of the client's adds, while they are counted.
TURNOUT_INLINE uint32_t packet_count(const abi::Settings& settings, uint32_t status,
                                     Direction direction) {
    const bool counts = settings.flags & abi::settings_flag::count_packets &&
                        direction == Direction::request &&
                        (status & abi::status::packet_mask) != abi::status::packet_mask;
    return counts ? abi::status::packet_one : 0;
}

// Nearly every packet of a TCP connection: an acknowledgement that finds it established, and has
// nothing to tell.  All tables agree on it.
TURNOUT_INLINE bool is_steady(const abi::Settings& settings, uint32_t status,
                              const Packet& packet) {
    using namespace abi::status;
    constexpr uint8_t events = tcp_flag::rst | tcp_flag::syn | tcp_flag::fin | tcp_flag::ack;
    constexpr auto established = static_cast<uint32_t>(abi::State::established);
    constexpr uint32_t telling = state_mask | active | assured;
    return (packet.tcp_flags & events) == tcp_flag::ack &&
           (status & telling) == (established | active | assured) &&
           !(settings.flags & abi::settings_flag::count_packets);
}

// The status word after this packet.
TURNOUT_INLINE uint32_t next_status(const abi::Settings& settings, uint32_t before,
                                    const Packet& packet, Direction direction) {
    using namespace abi;
    const bool told = direction == Direction::reply && before & status::no_output;
    if (is_steady(settings, before, packet) && !told) return before;
    uint32_t status = before + packet_count(settings, before, direction);
    if (direction == Direction::reply) status &= ~status::no_output;
    const State state = next_state(settings, status, packet, direction);
    status &= ~(status::active | status::state_mask);
    if (is_active(state)) status |= status::active;
    if (is_assured(state, direction)) status |= status::assured;
    // Forgotten, or all that follows would be verified for every state.
    return forgotten(status | static_cast<uint32_t>(state), before);
}

// What moving between active and inactive adds to a server's load word.
TURNOUT_INLINE uint64_t load_change(uint32_t before, uint32_t after) {
    const bool was = before & abi::status::active, is = after & abi::status::active;
    if (was == is) return 0;
    return is ? abi::load::active_one - abi::load::inactive_one
              : abi::load::inactive_one - abi::load::active_one;
}

// How long it may now be idle; 0: not known.
template <TablesEnvironment Env>
TURNOUT_INLINE abi::Tick timeout_of(Env& env, uint32_t row, uint32_t status) {
    const abi::Timeouts* timeouts = env.timeouts(row);
    // Masked, not compared: Linux 6.1 forgets a bound when the number was put aside in between.
    return timeouts ? timeouts->timeout[status & (abi::state_rows - 1)] : 0;
}

}  // namespace detail

// `timeouts`: the row of those of the connection's server.  Memory is written only where something
// changes: a flow's packets within a tick share its line.
template <TablesEnvironment Env>
TURNOUT_INLINE void track(Env& env, const Packet& packet, abi::Connection& connection,
                          Direction direction, uint32_t timeouts, abi::Tick now) {
    const abi::Settings& settings = env.settings();
    for (int attempt = 0; attempt < 4; ++attempt) {
        const uint32_t before = load_once(connection.status);
        // Ended meanwhile, and its count given back; or of no record.
        if (before & (abi::status::dead | abi::status::stateless)) return;
        const uint32_t after = detail::next_status(settings, before, packet, direction);
        if (before != after && !swap_if(connection.status, before, after)) continue;
        if (~before & after & abi::status::assured) assure_template(env, connection);
        if (const uint64_t change = detail::load_change(before, after))
            if (abi::ServerState* state = env.server_state(connection.server))
                change_load(env, *state, change);
        const abi::Tick timeout = detail::timeout_of(env, timeouts, after);
        if (connection.timeout != timeout) store_once(connection.timeout, timeout);
        break;
    }
    if (connection.last_seen != now) store_once(connection.last_seen, now);
}

}  // namespace turnout
