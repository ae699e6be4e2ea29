// No scheduler: the service is there, but gives no new connection to anyone.
#pragma once

#include "path/schedulers/choice.hpp"

namespace turnout::none {

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env&, const Ask&) {
    return {};
}

}  // namespace turnout::none
