// Weighted fail-over: the available server of the greatest weight.
#pragma once

#include "path/schedulers/choice.hpp"

namespace turnout::fo {

template <TablesEnvironment Env>
struct Search {
    Env* env;
    uint32_t first;
    int32_t weight;  // greatest so far
    uint32_t position;
    uint8_t flags;
};

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    Search<Env> search{&env, ask.plan.first, 0, 0, ask.plan.flags};
    env.each(ask.plan.count, &search, [](uint32_t step, Search<Env>* s) -> long {
        const abi::Candidate* candidate = s->env->candidate(s->first + step);
        if (!candidate || candidate->weight <= s->weight) return 0;
        if (!is_available(*s->env, s->flags, *candidate)) return 0;
        s->weight = candidate->weight;
        s->position = step + 1;
        return 0;
    });
    return at_position(env, ask.plan, search.position);
}

}  // namespace turnout::fo
