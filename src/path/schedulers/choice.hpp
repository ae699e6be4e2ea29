// What the schedulers share: a plan's candidates in list order, and what is asked of one.
#pragma once

#include <stdint.h>

#include "path/env.hpp"

namespace turnout {

// A chosen server, or none.
struct Choice {
    bool found;
    uint32_t server;
};

// Positions count from 1; 0 is "none" or "before the first".
template <TablesEnvironment Env>
TURNOUT_INLINE Choice at_position(Env& env, const abi::Plan& plan, uint32_t position) {
    if (position == 0) return {};
    const abi::Candidate* candidate = env.candidate(plan.first + position - 1);
    if (!candidate) return {};
    return {true, candidate->server};
}

// An available server gets new connections; weight 0 means it is being taken out.
TURNOUT_INLINE bool is_available(const abi::Candidate& candidate) {
    return candidate.weight > 0;
}

// How often a round-robin scheduler tries to move its cursor before it goes on without.
inline constexpr int cursor_attempts = 4;

}  // namespace turnout
