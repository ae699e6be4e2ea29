// What is least about the server that a scheduler takes: see least.hpp.
#pragma once

#include <stdint.h>

namespace turnout::least {

enum class Rule : uint32_t {
    overhead,               // lc
    overhead_per_weight,    // wlc, lblc, lblcr
    delay_per_weight,       // sed: the delay that one more connection would meet
    idle_delay_per_weight,  // nq: the same, which the first idle server is taken to have none of
};

}  // namespace turnout::least
