// Two choices: two servers drawn by weight, and of them the one with less overhead per weight.
#pragma once

#include "path/schedulers/choice.hpp"
#include "path/schedulers/least.hpp"

namespace turnout::twos {

template <TablesEnvironment Env>
struct Sum {
    Env* env;
    uint32_t first;
    uint8_t flags;
    uint64_t weight;
};

template <TablesEnvironment Env>
TURNOUT_INLINE uint64_t total_weight(Env& env, const abi::Plan& plan) {
    Sum<Env> sum{&env, plan.first, plan.flags, 0};
    env.each(plan.count, &sum, [](uint32_t step, Sum<Env>* s) -> long {
        const abi::Candidate* candidate = s->env->candidate(s->first + step);
        if (candidate && is_available(*s->env, s->flags, *candidate))
            s->weight += static_cast<uint32_t>(candidate->weight);
        return 0;
    });
    return sum.weight;
}

template <TablesEnvironment Env>
struct Draw {
    Env* env;
    uint32_t first;
    uint8_t flags;
    int64_t left;  // of a number between 0 and the sum of the weights
    uint32_t position;
};

// The server in whose share of the weights the number falls.  IPVS draws from one number more than
// there are shares, and gives it to the first server.
template <TablesEnvironment Env>
TURNOUT_INLINE uint32_t draw(Env& env, const abi::Plan& plan, uint64_t total) {
    const auto number = static_cast<int64_t>((env.random() * (total + 1)) >> 32);
    Draw<Env> draw{&env, plan.first, plan.flags, number, 0};
    env.each(plan.count, &draw, [](uint32_t step, Draw<Env>* d) -> long {
        const abi::Candidate* candidate = d->env->candidate(d->first + step);
        if (!candidate || !is_available(*d->env, d->flags, *candidate)) return 0;
        d->left -= candidate->weight;
        if (d->left > 0) return 0;
        d->position = step + 1;
        return 1;
    });
    return draw.position;
}

template <TablesEnvironment Env>
TURNOUT_INLINE void consider(Env& env, const abi::Plan& plan, least::Best& best,
                             uint32_t position) {
    const abi::Candidate* candidate = candidate_at(env, plan, position);
    const abi::ServerState* state = candidate ? env.server_state(candidate->server) : nullptr;
    if (!state) return;
    least::consider(best, position, least::overhead(load_once(state->load)),
                    static_cast<uint32_t>(candidate->weight));
}

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    const uint64_t total = total_weight(env, ask.plan);
    if (!total) return {};
    least::Best best = least::none();
    consider(env, ask.plan, best, draw(env, ask.plan, total));
    consider(env, ask.plan, best, draw(env, ask.plan, total));
    return at_position(env, ask.plan, best.position);
}

}  // namespace turnout::twos
