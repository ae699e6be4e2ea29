// The server whose cost, per weight, is least: what lc, wlc, sed, nq and others have in common.
//
// Quotients are compared by cross-multiplication, so the order is exact.  Ties go to the server
// that stands first.  A rule says what is compared:
//     uint64_t cost(uint64_t load)       from ServerState::load
//     uint64_t weight(int32_t weight)    what the cost is divided by
//     bool     settles(uint64_t load)    such a server is taken at once
#pragma once

#include "path/schedulers/choice.hpp"
#include "table/atomic.hpp"

namespace turnout::least {

// IPVS holds an active connection for 256 times the work of an inactive one.
TURNOUT_INLINE uint64_t overhead(uint64_t load) {
    return static_cast<uint32_t>(abi::load::active(load) * 256 + abi::load::inactive(load));
}

// The best of those looked at so far.
struct Best {
    uint32_t position;  // 0: none yet
    uint32_t pad_;
    uint64_t cost;
    uint64_t weight;
};

// None yet; `unknown`: see forgotten().
TURNOUT_INLINE Best none_yet(uint32_t unknown) {
    const uint32_t nothing = forgotten(0, unknown);
    return {nothing, 0, nothing, nothing};
}

TURNOUT_INLINE void consider(Best& best, uint32_t position, uint64_t cost, uint64_t weight) {
    if (best.position && best.cost * weight <= cost * best.weight) return;
    best = {position, 0, cost, weight};
}

// A search through candidates [first, first + count).
template <class Rule, TablesEnvironment Env>
struct Search {
    Env* env;
    Best best;
    uint32_t first;
    uint32_t count;
    uint8_t flags;
    // By groups:
    Best of_group;     // of the one that is being looked through
    uint32_t version;  // the group's when that began
    uint32_t next;     // how many have been passed
};

// Looked at per turn of the loop, whose turns cost more than a look.
inline constexpr uint32_t looks_per_turn = 4;

// 1 when the search for `best` has ended.
template <class Rule, TablesEnvironment Env>
TURNOUT_INLINE long look(Search<Rule, Env>& s, Best& best, uint32_t step) {
    if (step >= s.count) return 1;
    const abi::Candidate* candidate = s.env->candidate(s.first + step);
    if (!candidate || candidate->weight <= 0) return 0;
    const abi::ServerState* state = s.env->server_state(candidate->server);
    if (!state) return 0;
    if (s.flags & abi::plan_flag::thresholds && load_once(state->overloaded)) return 0;
    const uint64_t load = load_once(state->load);
    if (Rule::settles(load)) {
        best.position = step + 1;
        return 1;
    }
    consider(best, step + 1, Rule::cost(load), Rule::weight(candidate->weight));
    return 0;
}

// Goes on by a whole group whose best is known, or by some candidates of one whose is not; 1 when
// the search has ended.
template <class Rule, TablesEnvironment Env>
TURNOUT_INLINE long pass_on(Search<Rule, Env>& s) {
    if (s.next >= s.count) return 1;
    abi::CandidateGroup* group = s.env->candidate_group((s.first + s.next) / abi::group_size);
    if (!group) return 1;
    const uint32_t inside = s.next % abi::group_size, begin = s.next - inside;
    if (inside == 0) {
        s.version = load_once(group->version);
        const uint64_t known = load_once(group->best);
        if (abi::is_of_version(known, s.version)) {
            s.next += abi::group_size;
            const uint32_t position = abi::position_of(known);
            return position ? look(s, s.best, begin + position - 1) : 0;
        }
        s.of_group = none_yet(s.version);
    }
    long settled = 0;
    for (uint32_t i = 0; i < looks_per_turn && !settled; ++i)
        settled = look(s, s.of_group, s.next + i);
    s.next += looks_per_turn;
    const bool at_end = s.next % abi::group_size == 0 || s.next >= s.count;
    if (!settled && !at_end) return 0;
    const uint32_t position = s.of_group.position;
    store_once(group->best, abi::group_best(s.version, position ? position - begin : 0));
    s.next = begin + abi::group_size;
    return position ? look(s, s.best, position - 1) : 0;
}

// The position of the best of so many candidates that groups are worth it.
template <class Rule, TablesEnvironment Env>
TURNOUT_INLINE uint32_t position_by_groups(Env& env, const abi::Plan& plan) {
    Search<Rule, Env> search{&env,       none_yet(plan.count), plan.first, plan.count,
                             plan.flags, none_yet(plan.count), 0,          0};
    search.version = search.next = forgotten(0, plan.count);
    const uint32_t most_turns = (plan.count + looks_per_turn - 1) / looks_per_turn;
    env.each(most_turns, &search, []([[maybe_unused]] uint32_t turn, Search<Rule, Env>* s) -> long {
        return pass_on(*s);
    });
    return search.best.position;
}

// The position of the best candidate, or 0.
template <class Rule, TablesEnvironment Env>
TURNOUT_INLINE uint32_t position(Env& env, const abi::Plan& plan) {
    if (abi::is_grouped(plan)) return position_by_groups<Rule>(env, plan);
    Search<Rule, Env> search{&env,       none_yet(plan.count), plan.first, plan.count,
                             plan.flags, none_yet(plan.count), 0,          0};
    const uint32_t turns = (plan.count + looks_per_turn - 1) / looks_per_turn;
    env.each(turns, &search, [](uint32_t turn, Search<Rule, Env>* s) -> long {
        for (uint32_t i = 0; i < looks_per_turn; ++i)
            if (look(*s, s->best, turn * looks_per_turn + i)) return 1;
        return 0;
    });
    return search.best.position;
}

template <class Rule, TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return at_position(env, ask.plan, position<Rule>(env, ask.plan));
}

// Overhead per weight: wlc's rule, which the locality schedulers use, too.
struct WeightedOverhead {
    TURNOUT_INLINE static uint64_t cost(uint64_t load) { return overhead(load); }
    TURNOUT_INLINE static uint64_t weight(int32_t weight) { return static_cast<uint32_t>(weight); }
    TURNOUT_INLINE static bool settles(uint64_t) { return false; }
};

// The delay that one more connection would meet.
struct ExpectedDelay {
    TURNOUT_INLINE static uint64_t cost(uint64_t load) { return abi::load::active(load) + 1ull; }
    TURNOUT_INLINE static uint64_t weight(int32_t weight) { return static_cast<uint32_t>(weight); }
    TURNOUT_INLINE static bool settles(uint64_t) { return false; }
};

}  // namespace turnout::least
