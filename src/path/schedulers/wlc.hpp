// Weighted least connection: the server with the least overhead of connections per weight.
#pragma once

#include "path/schedulers/least.hpp"

namespace turnout::wlc {

inline constexpr least::Rule rule = least::Rule::overhead_per_weight;

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return least::choose(env, ask, rule);
}

}  // namespace turnout::wlc
