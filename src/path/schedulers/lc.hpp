// Least connection: the server with the least overhead of connections, whatever its weight.
#pragma once

#include "path/schedulers/least.hpp"

namespace turnout::lc {

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return least::choose(env, ask, least::Rule::overhead);
}

}  // namespace turnout::lc
