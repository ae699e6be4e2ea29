// Never queue: the first server without an active connection, else the one of shortest expected
// delay.
#pragma once

#include "path/schedulers/least.hpp"

namespace turnout::nq {

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return least::choose(env, ask, least::Rule::idle_delay_per_weight);
}

}  // namespace turnout::nq
