// Destination hashing: the server that the destination's address names.
//
// The ring goes round the servers without regard to weight, and there is no second choice when the
// one named is not available.
#pragma once

#include "path/schedulers/ring.hpp"

namespace turnout::dh {

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    const uint32_t number = ring::folded(ask.tuple().virtual_address);
    return ring::in_slot(env, ask.plan, ring::golden_8(number));
}

}  // namespace turnout::dh
