// Source hashing: the server that the client's address names (sh-port: and port), by weight.
//
// With sh-fallback another server is tried when that one is not available.
#pragma once

#include "path/schedulers/ring.hpp"

namespace turnout::sh {

struct Rule {
    static constexpr uint32_t slots = ring::small_slots;
    TURNOUT_INLINE static uint32_t slot(uint32_t number, uint32_t offset) {
        return (offset + ring::golden_8(number)) % slots;
    }
};

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return ring::choose<Rule>(env, ask);
}

}  // namespace turnout::sh
