// Least connection, plain (lc) and weighted (wlc): the server whose load, per weight, is smallest.
//
// Load is active connections times 256 plus inactive ones, as in IPVS; quotients are compared by
// cross-multiplication, so the order is exact.  Ties go to the server that stands first.
#pragma once

#include "path/schedulers/choice.hpp"
#include "table/atomic.hpp"

namespace turnout::least {

template <TablesEnvironment Env>
struct Search {
    Env* env;
    uint32_t first;
    bool weighted;
    uint32_t position;  // best so far, or 0
    uint64_t overhead;  // its load
    uint64_t weight;    // and weight
};

TURNOUT_INLINE uint64_t overhead(uint64_t load) {
    return static_cast<uint32_t>(abi::load::active(load) * 256 + abi::load::inactive(load));
}

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const abi::Plan& plan, bool weighted) {
    Search<Env> search{&env, plan.first, weighted, 0, 0, 0};
    env.each(plan.count, &search, [](uint32_t step, Search<Env>* s) -> long {
        const abi::Candidate* candidate = s->env->candidate(s->first + step);
        if (!candidate || !is_available(*candidate)) return 0;
        const abi::ServerState* state = s->env->server_state(candidate->server);
        if (!state) return 0;
        const uint64_t load = overhead(load_once(state->load));
        const uint64_t weight = s->weighted ? static_cast<uint32_t>(candidate->weight) : 1;
        if (s->position && s->overhead * weight <= load * s->weight) return 0;
        s->position = step + 1;
        s->overhead = load;
        s->weight = weight;
        return 0;
    });
    return at_position(env, plan, search.position);
}

}  // namespace turnout::least
