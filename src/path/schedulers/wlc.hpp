// Weighted least connection: the server with the least overhead of connections per weight.
#pragma once

#include "path/schedulers/least.hpp"

namespace turnout::wlc {

inline constexpr least::Rule rule = least::Rule::overhead_per_weight;

// Of a plan whose candidates are few: the server's row, counted from 1, or 0.
template <TablesEnvironment Env>
TURNOUT_INLINE uint32_t server_among_few(Env& env, const abi::Plan& plan) {
    return least::server_among_few(env, plan, rule);
}

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return least::choose(env, ask, rule);
}

}  // namespace turnout::wlc
