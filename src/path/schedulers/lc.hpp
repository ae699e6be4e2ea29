// Least connection: the server with the least overhead of connections, whatever its weight.
#pragma once

#include "path/schedulers/least.hpp"

namespace turnout::lc {

struct Rule : least::WeightedOverhead {
    TURNOUT_INLINE static uint64_t weight(int32_t) { return 1; }
};

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return least::choose<Rule>(env, ask);
}

}  // namespace turnout::lc
