// Shortest expected delay: the server with the least (active connections + 1) / weight.
#pragma once

#include "path/schedulers/least.hpp"

namespace turnout::sed {

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return least::choose(env, ask, least::Rule::delay_per_weight);
}

}  // namespace turnout::sed
