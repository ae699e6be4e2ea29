// What the schedulers share: what they are asked, a plan's candidates in list order, and what is
// asked of one.
//
// A scheduler is a header with a namespace of its name, and in it
//     template <TablesEnvironment Env> Choice choose(Env&, const Ask&);
// One that wants a record in the connection table prepares it aside and says so: it is asked again
// when the record stands there.
#pragma once

#include <stdint.h>

#include "path/env.hpp"

namespace turnout {

// What a scheduler is asked: a server for this connection.
struct Ask {
    const abi::Plan& plan;
    abi::Cursor& cursor;
    Opening& opening;  // `aside` is the scheduler's to use

    TURNOUT_INLINE const abi::Tuple& tuple() const { return opening.record.tuple; }
    TURNOUT_INLINE abi::Tick now() const { return opening.record.last_seen; }
};

// A chosen server, or none; or not yet.
struct Choice {
    bool found;
    uint32_t server;
    bool remember = false;
};

// Positions count from 1; 0 is "none" or "before the first".
template <TablesEnvironment Env>
TURNOUT_INLINE const abi::Candidate* candidate_at(Env& env, const abi::Plan& plan,
                                                  uint32_t position) {
    return position ? env.candidate(plan.first + position - 1) : nullptr;
}

template <TablesEnvironment Env>
TURNOUT_INLINE Choice at_position(Env& env, const abi::Plan& plan, uint32_t position) {
    const abi::Candidate* candidate = candidate_at(env, plan, position);
    if (!candidate) return {};
    return {true, candidate->server};
}

TURNOUT_INLINE bool may_remember(const Ask& ask) {
    return ask.opening.times_asked < most_times_asked;
}

// Weight 0 means that a server is being taken out, overload that it is full for now: neither gets
// new connections.
template <TablesEnvironment Env>
TURNOUT_INLINE bool is_overloaded(Env& env, uint8_t plan_flags, uint32_t server) {
    if (!(plan_flags & abi::plan_flag::thresholds)) return false;
    const abi::ServerState* state = env.server_state(server);
    return state && load_once(state->overloaded);
}

template <TablesEnvironment Env>
TURNOUT_INLINE bool is_available(Env& env, uint8_t plan_flags, const abi::Candidate& candidate) {
    return candidate.weight > 0 && !is_overloaded(env, plan_flags, candidate.server);
}

// How often a round-robin scheduler tries to move its cursor before it goes on without.
inline constexpr int cursor_attempts = 4;

}  // namespace turnout
