// Weighted fail-over: the available server of the greatest weight.
#pragma once

#include "path/schedulers/greatest.hpp"

namespace turnout::fo {

struct Rule {
    TURNOUT_INLINE static bool takes(uint64_t, int32_t) { return true; }
};

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return greatest::choose<Rule>(env, ask);
}

}  // namespace turnout::fo
