// FTP's data connections in the table: they keep their control connection alive, and packets are
// looked at for them only while there are any.
#pragma once

#include <stdint.h>

#include "abi/connection.hpp"
#include "abi/rows.hpp"
#include "table/atomic.hpp"
#include "table/table.hpp"

namespace turnout {

// A record that waits for a data connection.
TURNOUT_INLINE bool is_waiting_for_data(const abi::Connection& record) {
    const uint32_t status = load_once(record.status);
    return status & abi::status::data && !(status & abi::status::dead) &&
           static_cast<abi::State>(status & abi::status::state_mask) == abi::State::listen;
}

// There is one now.
template <class Env>
TURNOUT_INLINE void note_ftp_data(Env& env, abi::Tick now) {
    if (abi::Pressure* pressure = env.pressure()) store_once(pressure->ftp_data_since, now);
    env.switch_settings(abi::settings_flag::ftp_data, 0);
}

// At the end of a walk through the table: have there been none for two walks?
template <class Env>
TURNOUT_INLINE void forget_ftp_data(Env& env, const abi::Settings& settings, abi::Tick now) {
    constexpr auto two_walks = static_cast<int32_t>(abi::ticks_of_seconds(3));
    const abi::Pressure* pressure = env.pressure();
    if (!pressure || !(settings.flags & abi::settings_flag::ftp_data)) return;
    if (abi::elapsed(load_once(pressure->ftp_data_since), now) >= two_walks)
        env.switch_settings(0, abi::settings_flag::ftp_data);
}

// A data connection lives: so does the control connection that it belongs to.
template <class Env>
TURNOUT_INLINE void keep_control(Env& env, const abi::Connection& record, abi::Tick now) {
    note_ftp_data(env, now);
    abi::Connection* control = at(env, record.link);
    if (!control || !(load_once(control->status) & abi::status::helped)) return;
    if (control->tuple.client == record.tuple.client && alive(*control, now))
        store_once(control->last_seen, now);
}

}  // namespace turnout
