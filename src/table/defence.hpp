// Defences against too many connections, by IPVS's rules (defense_level): the sweeper looks at the
// table at the end of each walk, about once a second.
//
// IPVS looks at the machine's free memory; here the table's memory is what can run short, so that
// counts: `amemthresh` pages of records, but no more than an eighth of the table.
#pragma once

#include <stdint.h>

#include "abi/rows.hpp"
#include "table/atomic.hpp"
#include "table/table.hpp"

namespace turnout {

namespace detail {

// How many records fewer than wanted are left; 0: enough are.
TURNOUT_INLINE uint32_t shortage(uint32_t wanted, uint32_t room, uint32_t records) {
    const uint32_t left = records < room ? room - records : 0;
    return left < wanted ? wanted - left : 0;
}

TURNOUT_INLINE bool is_up(abi::DefenceMode mode, bool is_short) {
    return mode == abi::DefenceMode::always || (mode == abi::DefenceMode::automatic && is_short);
}

}  // namespace detail

// One in so many new connections is refused; 0: none.
TURNOUT_INLINE uint32_t drop_rate(const abi::Settings& settings, uint32_t wanted,
                                  uint32_t missing) {
    if (settings.drop_packet == abi::DefenceMode::always) return settings.drop_rate;
    const bool up = detail::is_up(settings.drop_packet, missing != 0);
    return up && missing ? wanted / missing : 0;
}

// A walk through the whole table has ended.
template <class Env>
TURNOUT_INLINE void set_defences(Env& env, const abi::Settings& settings, abi::Tick now) {
    using namespace abi::settings_flag;
    abi::Pressure* pressure = env.pressure();
    const abi::Timeouts* common = env.timeouts(abi::common_timeouts);
    if (!pressure || !common) return;
    store_once(pressure->records, pressure->counted);
    pressure->counted = 0;

    const uint32_t eighth = settings.room / 8;
    const uint32_t wanted = settings.memory_threshold < eighth ? settings.memory_threshold : eighth;
    const uint32_t missing = detail::shortage(wanted, settings.room, pressure->records);
    store_once(pressure->drop_rate, drop_rate(settings, wanted, missing));
    if (settings.drop_packet == abi::DefenceMode::automatic)
        store_once(pressure->drop_left, pressure->drop_rate);
    uint32_t up = pressure->drop_rate ? drop_packet : 0;
    if (detail::is_up(settings.drop_entry, missing != 0)) up |= drop_entry;
    if (detail::is_up(settings.secure_tcp, missing != 0)) up |= secure_tcp;
    // As long as a connection that began without a record may be idle.
    const auto longest =
        static_cast<int32_t>(common->timeout[static_cast<uint32_t>(abi::State::established)]);
    if (settings.flags & stateless && abi::elapsed(pressure->stateless_since, now) < longest)
        up |= stateless;
    constexpr uint32_t all = drop_packet | drop_entry | secure_tcp | stateless;
    if ((settings.flags & all) != up) env.switch_settings(up, all & ~up);
}

// drop_packet: is this new connection one that is refused?
template <class Env>
TURNOUT_INLINE bool is_refused(Env& env, const abi::Settings& settings) {
    if (!(settings.flags & abi::settings_flag::drop_packet)) return false;
    abi::Pressure* pressure = env.pressure();
    if (!pressure || !pressure->drop_rate) return false;
    if (pressure->drop_left > 1) {
        pressure->drop_left -= 1;
        return false;
    }
    pressure->drop_left = pressure->drop_rate;
    return true;
}

namespace detail {

// One in as many as its packets were, when it has been idle for a minute with eight at most.
template <class Env>
TURNOUT_INLINE bool has_hardly_begun(Env& env, const abi::Connection& record, uint32_t status,
                                     abi::Tick now) {
    constexpr auto minute = static_cast<int32_t>(abi::ticks_of_seconds(60));
    if (abi::elapsed(load_once(record.last_seen), now) < minute) return false;
    const uint32_t packets = (status & abi::status::packet_mask) / abi::status::packet_one;
    if (packets == 0 || packets > 8) return false;
    return static_cast<uint32_t>(env.random()) % packets == 0;
}

}  // namespace detail

// drop_entry: each walk looks into one of 32 buckets for connections that came to nothing.
template <class Env>
TURNOUT_INLINE bool is_looked_into(Env& env, const abi::Settings& settings) {
    constexpr uint32_t buckets_a_look = 32;
    return settings.flags & abi::settings_flag::drop_entry &&
           static_cast<uint32_t>(env.random()) % buckets_a_look == 0;
}

template <class Env>
TURNOUT_INLINE bool is_expendable(Env& env, const abi::Connection& record, uint32_t status,
                                  abi::Tick now) {
    if (record.tuple.kind == abi::TupleKind::persistence)
        return !load_once(record.children) && !(status & abi::status::assured);
    if (record.tuple.kind != abi::TupleKind::connection) return false;
    switch (static_cast<abi::State>(status & abi::status::state_mask)) {
        case abi::State::syn_recv:
        case abi::State::syn_ack:
        case abi::State::sctp_init1:
        case abi::State::sctp_init:
            return true;
        case abi::State::established:
        case abi::State::sctp_established:
        case abi::State::udp:
            return detail::has_hardly_begun(env, record, status, now);
        default:
            return false;
    }
}

}  // namespace turnout
