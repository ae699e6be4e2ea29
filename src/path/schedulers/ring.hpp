// Rings: tables of slots that name candidates, made by the control plane; what dh, sh and mh share.
//
// The hashes are the kernel's own, so that the same client or destination finds the same server on
// a director that runs IPVS.
#pragma once

#include <stdint.h>

#include "path/schedulers/choice.hpp"

namespace turnout::ring {

inline constexpr uint32_t small_slots = 256;  // of dh and sh

// Linux's hash_32 to eight bits: by the golden ratio.
TURNOUT_INLINE constexpr uint32_t golden_8(uint32_t value) {
    return (value * 0x61c88647u) >> 24;
}

// An address as one number in host order; IPv6 folds.
TURNOUT_INLINE uint32_t folded(const abi::Address& address) {
    return to_host(abi::one_word(address));
}

// What sh and mh hash of a client.
TURNOUT_INLINE uint32_t client_number(const Ask& ask) {
    const bool by_port = ask.plan.flags & abi::plan_flag::by_port;
    return folded(ask.tuple().client) + (by_port ? to_host(ask.tuple().client_port) : 0u);
}

// The position that stands in a slot, or 0.
template <TablesEnvironment Env>
TURNOUT_INLINE uint32_t position_in(Env& env, const abi::Plan& plan, uint32_t slot) {
    const uint32_t index = slot / abi::slots_per_ring_word;
    if (index >= plan.ring_words) return 0;
    const abi::RingWord* word = env.ring_word(plan.ring_first + index);
    return word ? static_cast<uint16_t>(*word >> (slot % abi::slots_per_ring_word * 16)) : 0;
}

// The server in a slot, if it is available.
template <TablesEnvironment Env>
TURNOUT_INLINE Choice in_slot(Env& env, const abi::Plan& plan, uint32_t slot) {
    const abi::Candidate* candidate = candidate_at(env, plan, position_in(env, plan, slot));
    if (!candidate || !is_available(env, plan.flags, *candidate)) return {};
    return {true, candidate->server};
}

template <TablesEnvironment Env>
struct Search {
    Env* env;
    const abi::Plan* plan;
    uint32_t number, start;
    Choice choice;
};

// By a client's own slot, or with the fallback flag by the next in a sequence that depends on it.
// Rule: `slots`, and `slot(number, offset)`.
template <class Rule, TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    const uint32_t number = client_number(ask);
    const uint32_t own = Rule::slot(number, 0);
    const Choice first = in_slot(env, ask.plan, own);
    if (first.found || !(ask.plan.flags & abi::plan_flag::fallback)) return first;
    Search<Env> search{&env, &ask.plan, number, own, {}};
    env.each(Rule::slots, &search, [](uint32_t step, Search<Env>* s) -> long {
        const uint32_t slot = Rule::slot(s->number, (step + s->start) % Rule::slots);
        s->choice = in_slot(*s->env, *s->plan, slot);
        return s->choice.found;
    });
    return search.choice;
}

}  // namespace turnout::ring
