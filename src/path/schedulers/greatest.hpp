// The available server of the greatest weight that a rule lets through: what fo and ovf share.
//
// Ties go to the server that stands first.  A rule says
//     bool takes(uint64_t load, int32_t weight)    from ServerState::load and the server's weight
#pragma once

#include "path/schedulers/choice.hpp"
#include "table/atomic.hpp"

namespace turnout::greatest {

template <class Rule, TablesEnvironment Env>
struct Search {
    Env* env;
    uint32_t first;
    int32_t weight;  // greatest so far
    uint32_t position;
    uint8_t flags;
};

template <class Rule, TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    Search<Rule, Env> search{&env, ask.plan.first, 0, 0, ask.plan.flags};
    env.each(ask.plan.count, &search, [](uint32_t step, Search<Rule, Env>* s) -> long {
        const abi::Candidate* candidate = s->env->candidate(s->first + step);
        if (!candidate || candidate->weight <= s->weight) return 0;
        if (!is_available(*s->env, s->flags, *candidate)) return 0;
        const abi::ServerState* state = s->env->server_state(candidate->server);
        if (!state || !Rule::takes(load_once(state->load), candidate->weight)) return 0;
        s->weight = candidate->weight;
        s->position = step + 1;
        return 0;
    });
    return at_position(env, ask.plan, search.position);
}

}  // namespace turnout::greatest
