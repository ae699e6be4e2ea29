// Never queue: the first server without an active connection, else the one of shortest expected
// delay.
#pragma once

#include "path/schedulers/least.hpp"

namespace turnout::nq {

struct Rule : least::ExpectedDelay {
    TURNOUT_INLINE static bool settles(uint64_t load) { return abi::load::active(load) == 0; }
};

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return least::choose<Rule>(env, ask);
}

}  // namespace turnout::nq
