// Overflow: the server of the greatest weight whose active connections do not exceed its weight.
#pragma once

#include "path/schedulers/greatest.hpp"

namespace turnout::ovf {

struct Rule {
    TURNOUT_INLINE static bool takes(uint64_t load, int32_t weight) {
        return abi::load::active(load) <= static_cast<uint32_t>(weight);
    }
};

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return greatest::choose<Rule>(env, ask);
}

}  // namespace turnout::ovf
