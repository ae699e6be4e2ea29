// What records count for at their server: its load, its templates, and whether it is overloaded.
//
// A server is overloaded from the connection on that reaches its upper threshold, until their
// number has fallen below the lower one: the rules of IPVS's bind and unbind.
#pragma once

#include <stdint.h>

#include "abi/rows.hpp"
#include "table/atomic.hpp"

namespace turnout {

TURNOUT_INLINE uint64_t total_connections(uint64_t load) {
    return static_cast<uint64_t>(abi::load::active(load)) + abi::load::inactive(load);
}

// After a connection or template was bound to the server, which then had `total` connections.
TURNOUT_INLINE void note_bound(abi::ServerState& state, uint64_t total) {
    if (state.upper_threshold && total >= state.upper_threshold) store_once(state.overloaded, 1u);
}

// After one was released.
TURNOUT_INLINE void note_released(abi::ServerState& state, uint64_t total) {
    const bool relieved = state.lower_threshold ? total < state.lower_threshold
                                                : total * 4 < state.upper_threshold * 3ull;
    if (state.overloaded && (relieved || !state.upper_threshold)) store_once(state.overloaded, 0u);
}

template <class Env>
TURNOUT_INLINE abi::CandidateGroup* group_of(Env& env, uint32_t index) {
    abi::CandidateGroups* row = env.candidate_groups(index / abi::groups_per_row);
    return row ? &row->group[index % abi::groups_per_row] : nullptr;
}

// What is remembered of the server's group holds no longer.
template <class Env>
TURNOUT_INLINE void tell_group(Env& env, const abi::ServerState& state) {
    const uint32_t group = load_once(state.group);
    if (!group) return;
    if (abi::CandidateGroup* row = group_of(env, group - 1)) add(row->version, abi::one_version);
}

template <class Env>
TURNOUT_INLINE void change_load(Env& env, abi::ServerState& state, uint64_t change) {
    add(state.load, change);
    tell_group(env, state);
}

// A new connection, which is inactive if its first packet has still to be looked at.
template <class Env>
TURNOUT_INLINE void bind_connection(Env& env, abi::ServerState& state, bool active) {
    add(state.load, active ? abi::load::active_one : abi::load::inactive_one);
    note_bound(state, total_connections(load_once(state.load)));
    tell_group(env, state);
}

template <class Env>
TURNOUT_INLINE void release_connection(Env& env, abi::ServerState& state, bool active) {
    add(state.load, 0 - (active ? abi::load::active_one : abi::load::inactive_one));
    note_released(state, total_connections(load_once(state.load)));
    tell_group(env, state);
}

template <class Env>
TURNOUT_INLINE void bind_template(Env& env, abi::ServerState& state) {
    add(state.persistent, 1u);
    note_bound(state, total_connections(load_once(state.load)));
    tell_group(env, state);
}

template <class Env>
TURNOUT_INLINE void release_template(Env& env, abi::ServerState& state) {
    add(state.persistent, ~0u);
    note_released(state, total_connections(load_once(state.load)));
    tell_group(env, state);
}

}  // namespace turnout
