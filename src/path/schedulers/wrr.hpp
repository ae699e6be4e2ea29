// Weighted round robin: passes over the list with a falling weight that a server must have.
//
// A pass starts at the greatest weight and each next one asks for `weight_step` less (the greatest
// common divisor of the weights), down to 1; then it starts over.  IPVS steps through the passes
// one by one; here a pass that nobody can meet is skipped by arithmetic, so that the work is
// bounded by the list and not by the weights.  The servers chosen are the same.
#pragma once

#include "path/schedulers/choice.hpp"
#include "table/atomic.hpp"

namespace turnout::wrr {

template <TablesEnvironment Env>
struct Search {
    Env* env;
    uint32_t first;
    int32_t weight;     // asked for, or the greatest seen
    uint32_t position;  // found, or 0
    uint8_t flags;
};

// The first position after `start` whose server has at least `weight`.
template <TablesEnvironment Env>
TURNOUT_INLINE uint32_t next_with(Env& env, const abi::Plan& plan, uint32_t start, int32_t weight) {
    Search<Env> search{&env, plan.first + start, weight, 0, plan.flags};
    env.each(plan.count - start, &search, [](uint32_t step, Search<Env>* s) -> long {
        const abi::Candidate* candidate = s->env->candidate(s->first + step);
        if (!candidate || candidate->weight < s->weight) return 0;
        if (!is_available(*s->env, s->flags, *candidate)) return 0;
        s->position = step + 1;
        return 1;
    });
    return search.position ? start + search.position : 0;
}

template <TablesEnvironment Env>
TURNOUT_INLINE int32_t greatest_available_weight(Env& env, const abi::Plan& plan) {
    Search<Env> search{&env, plan.first, 0, 0, plan.flags};
    env.each(plan.count, &search, [](uint32_t step, Search<Env>* s) -> long {
        const abi::Candidate* candidate = s->env->candidate(s->first + step);
        if (!candidate || candidate->weight <= s->weight) return 0;
        if (is_available(*s->env, s->flags, *candidate)) s->weight = candidate->weight;
        return 0;
    });
    return search.weight;
}

// The weight of the first pass after `weight` that a server of weight `greatest` meets.
TURNOUT_INLINE int32_t next_pass(const abi::Plan& plan, int32_t weight, int32_t greatest) {
    const int32_t step = plan.weight_step > 0 ? plan.weight_step : 1;
    int32_t next = weight - step;
    if (next <= 0) next = plan.top_weight;
    if (next > greatest) {
        const uint32_t excess = static_cast<uint32_t>(next - greatest);
        const uint32_t unsigned_step = static_cast<uint32_t>(step);
        next -= static_cast<int32_t>((excess + unsigned_step - 1) / unsigned_step * unsigned_step);
    }
    return next > 0 ? next : 1;
}

// The cursor after a search, and whether it stands on a choice.
struct Move {
    bool found;
    uint32_t position;
    int32_t weight;
};

template <TablesEnvironment Env>
TURNOUT_INLINE Move next(Env& env, const abi::Plan& plan, uint32_t start, int32_t weight) {
    if (const uint32_t position = next_with(env, plan, start, weight))
        return {true, position, weight};
    const int32_t greatest = greatest_available_weight(env, plan);
    // Nobody is available: where IPVS's walk ends, which goes on from a last pass that began in the
    // midst of the list until it is back there, and from any other to the end of a last pass.
    if (!greatest) {
        const bool in_last_pass = start && weight <= plan.weight_step;
        return in_last_pass ? Move{false, start, 1} : Move{false, 0, plan.top_weight};
    }
    const int32_t lower = next_pass(plan, weight, greatest);
    const uint32_t position = next_with(env, plan, 0, lower);
    return {position != 0, position, lower};
}

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    if (ask.plan.top_weight <= 0) return {};
    Move move{};
    for (int attempt = 0; attempt < cursor_attempts; ++attempt) {
        const uint64_t before = load_once(ask.cursor.word);
        const uint32_t start = abi::cursor_position(before);
        move = next(env, ask.plan, start <= ask.plan.count ? start : 0, abi::cursor_weight(before));
        if (swap_if(ask.cursor.word, before, abi::cursor(move.position, move.weight))) break;
    }
    return move.found ? at_position(env, ask.plan, move.position) : Choice{};
}

}  // namespace turnout::wrr
