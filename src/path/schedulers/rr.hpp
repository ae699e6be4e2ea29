// Round robin: the next available server after the last one chosen, whatever its weight.
#pragma once

#include "path/schedulers/choice.hpp"
#include "table/atomic.hpp"

namespace turnout::rr {

template <TablesEnvironment Env>
struct Search {
    Env* env;
    uint32_t first;
    uint32_t count;
    uint32_t start;     // position chosen last
    uint32_t position;  // found, or 0
    uint8_t flags;
};

// The first available position after `start`, going round once.
template <TablesEnvironment Env>
TURNOUT_INLINE uint32_t next_available(Env& env, const abi::Plan& plan, uint32_t start) {
    Search<Env> search{&env, plan.first, plan.count, start, 0, plan.flags};
    env.each(plan.count, &search, [](uint32_t step, Search<Env>* s) -> long {
        uint32_t offset = s->start + step;
        if (offset >= s->count) offset -= s->count;
        const abi::Candidate* candidate = s->env->candidate(s->first + offset);
        if (!candidate || !is_available(*s->env, s->flags, *candidate)) return 0;
        s->position = offset + 1;
        return 1;
    });
    return search.position;
}

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    uint32_t position = 0;
    for (int attempt = 0; attempt < cursor_attempts; ++attempt) {
        const uint64_t before = load_once(ask.cursor.word);
        const uint32_t start = abi::cursor_position(before);
        position = next_available(env, ask.plan, start <= ask.plan.count ? start : 0);
        if (!position) return {};
        if (swap_if(ask.cursor.word, before, abi::cursor(position, 0))) break;
    }
    return at_position(env, ask.plan, position);
}

}  // namespace turnout::rr
