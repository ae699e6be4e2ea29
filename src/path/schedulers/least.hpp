// The server whose cost, per weight, is least: what lc, wlc, sed, nq and others have in common.
//
// Quotients are compared by cross-multiplication, so the order is exact.  Ties go to the server
// that stands first.  What is compared a rule says, which is a value: one search serves them all.
#pragma once

#include "path/schedulers/choice.hpp"
#include "path/schedulers/least_rule.hpp"
#include "table/counts.hpp"

namespace turnout::least {

// IPVS holds an active connection for 256 times the work of an inactive one.
TURNOUT_INLINE uint32_t overhead(uint64_t load) {
    return abi::load::active(load) * 256 + abi::load::inactive(load);
}

// What a load costs; 0: such a server is taken at once, for none is better.
TURNOUT_INLINE uint32_t cost_of(uint64_t load, Rule rule) {
    if (rule <= Rule::overhead_per_weight) return overhead(load);
    const uint32_t active = abi::load::active(load);
    return rule == Rule::idle_delay_per_weight && active == 0 ? 0 : active + 1;
}

TURNOUT_INLINE uint32_t divisor_of(int32_t weight, Rule rule) {
    return rule == Rule::overhead ? 1 : static_cast<uint32_t>(weight);
}

// The best of those looked at so far.
struct Best {
    uint32_t position;  // 0: none yet
    uint32_t cost;
    uint32_t divisor;
};

// None yet: any cost by any divisor is less than 1 / 0.
TURNOUT_INLINE Best none() {
    return {0, 1, 0};
}
// The same; `unknown`: see forgotten().
TURNOUT_INLINE Best none_yet(uint32_t unknown) {
    const Best best = none();
    return {forgotten(best.position, unknown), forgotten(best.cost, unknown),
            forgotten(best.divisor, unknown)};
}

// True if it is better than those before.
TURNOUT_INLINE bool consider(Best& best, uint32_t position, uint64_t cost, uint32_t divisor) {
    if (static_cast<uint64_t>(best.cost) * divisor <= cost * best.divisor) return false;
    best = {position, static_cast<uint32_t>(cost), divisor};
    return true;
}

// A search through candidates [first, first + count): one by one, or group by group.  The best of
// most groups is remembered; one of which nothing is remembered that holds is looked through.
template <TablesEnvironment Env>
struct Search {
    Env* env;
    uint32_t first;
    uint32_t count;
    Rule rule;
    uint32_t flags;  // the plan's
    Best best;
    // By groups:
    uint32_t next;      // candidates that have been passed
    uint32_t in_group;  // 1: they are among those of one that is looked through
    uint64_t version;   // of the group that is looked through, when that began
    Best of_group;
};

template <TablesEnvironment Env>
TURNOUT_INLINE Search<Env> begin(Env& env, const abi::Plan& plan, Rule rule) {
    const uint32_t nothing = forgotten(0, plan.count);
    return {&env,       plan.first,           plan.count, rule,
            plan.flags, none_yet(plan.count), nothing,    nothing,
            nothing,    none_yet(plan.count)};
}

// Looked at per turn of the loop, whose turns cost more than a look.
inline constexpr uint32_t looks_per_turn = 4;

// 1 when the search for `best` has ended: there is no candidate left, or none that is better.
template <TablesEnvironment Env>
TURNOUT_INLINE long look(const Search<Env>& s, Best& best, uint32_t step) {
    if (step >= s.count) return 1;
    const abi::Candidate* candidate = s.env->candidate(s.first + step);
    if (!candidate || candidate->weight <= 0) return 0;
    const abi::ServerState* state = s.env->server_state(candidate->server);
    if (!state) return 0;
    if (s.flags & abi::plan_flag::thresholds && load_once(state->overloaded)) return 0;
    const uint32_t cost = cost_of(load_once(state->load), s.rule);
    return consider(best, step + 1, cost, divisor_of(candidate->weight, s.rule)) && cost == 0;
}

template <TablesEnvironment Env>
TURNOUT_INLINE void consider_group(Search<Env>& s, uint64_t known, uint64_t cost) {
    const uint32_t position = abi::position_of(known);
    if (position)
        consider(s.best, s.next + position, static_cast<uint32_t>(cost), abi::divisor_of(known));
    s.next += abi::group_size;
}

// What came of looking through a group is remembered.
template <TablesEnvironment Env>
TURNOUT_INLINE void remember(Search<Env>& s, abi::CandidateGroup& group) {
    const Best& best = s.of_group;
    // Of nobody the divisor is 1, for 0 would be no memory.
    const uint64_t known = best.position
                               ? abi::best_of_group(s.version, best.position - s.next, best.divisor)
                               : abi::best_of_group(s.version, 0, 1);
    const uint64_t cost = s.version | best.cost;
    store_once(group.best, known);
    store_once(group.cost, cost);
    consider_group(s, known, cost);
}

// A bit for each group of a row, from the next one to the plan's last.
template <TablesEnvironment Env>
TURNOUT_INLINE uint32_t groups_ahead(const Search<Env>& s, uint32_t next_group) {
    const uint32_t left = (s.count - s.next + abi::group_size - 1) / abi::group_size;
    const uint32_t all = left < abi::groups_per_row ? (1u << left) - 1 : ~0u;
    return all << next_group % abi::groups_per_row;
}

// Passes the groups of a row, up to the first that is to be looked through.
template <TablesEnvironment Env>
TURNOUT_INLINE long pass_groups(Search<Env>& s) {
    if (s.next >= s.count) return 1;
    const uint32_t next = (s.first + s.next) / abi::group_size;
    abi::CandidateGroups* row = s.env->candidate_groups(next / abi::groups_per_row);
    if (!row) return 1;
    // Bits that are shifted out, and no numbers to be compared: what the verifier learns from a
    // look at one is gone with it, and so what follows is not verified anew for all that came
    // before.
    uint32_t ahead = groups_ahead(s, next);
    for (uint32_t i = 0; i < abi::groups_per_row; ++i, ahead >>= 1) {
        if (!(ahead & 1)) continue;
        abi::CandidateGroup& group = row->group[i];
        const uint64_t version = load_once(group.version), known = load_once(group.best),
                       cost = load_once(group.cost);
        if (!abi::holds(known, cost, version)) {
            s.version = version;
            s.of_group = none();
            s.in_group = 1;
            return 0;
        }
        consider_group(s, known, cost);
    }
    return 0;
}

// Some of a group's candidates.
template <TablesEnvironment Env>
TURNOUT_INLINE long look_through(Search<Env>& s) {
    long ended = 0;
    for (uint32_t i = 0; i < looks_per_turn && !ended; ++i) ended = look(s, s.of_group, s.next + i);
    s.next += looks_per_turn;
    if (!ended && s.next % abi::group_size) return 0;
    s.next = (s.next - 1) / abi::group_size * abi::group_size;
    s.in_group = 0;
    abi::CandidateGroup* group = group_of(*s.env, (s.first + s.next) / abi::group_size);
    if (!group) return 1;
    remember(s, *group);
    return 0;
}

template <TablesEnvironment Env>
TURNOUT_INLINE void go_by_groups(Search<Env>& search) {
    const uint32_t groups = search.count / abi::group_size + 1;
    const uint32_t most_turns = groups * (abi::group_size / looks_per_turn + 1) + 1;
    search.env->each(most_turns, &search,
                     []([[maybe_unused]] uint32_t turn, Search<Env>* s) -> long {
                         return s->in_group ? look_through(*s) : pass_groups(*s);
                     });
}

template <TablesEnvironment Env>
TURNOUT_INLINE void go_one_by_one(Search<Env>& search) {
    const uint32_t turns = (search.count + looks_per_turn - 1) / looks_per_turn;
    search.env->each(turns, &search, [](uint32_t turn, Search<Env>* s) -> long {
        for (uint32_t i = 0; i < looks_per_turn; ++i)
            if (look(*s, s->best, turn * looks_per_turn + i)) return 1;
        return 0;
    });
}

// The position of the best candidate, or 0.
template <TablesEnvironment Env>
TURNOUT_INLINE uint32_t position(Env& env, const abi::Plan& plan, Rule rule) {
    Search<Env> search = begin(env, plan, rule);
    if (abi::is_grouped(plan))
        go_by_groups(search);
    else
        go_one_by_one(search);
    return search.best.position;
}

// So few, all of them open to any number of connections, that what a search for more has to
// remember would cost more than to look at them.
inline constexpr uint32_t few = 4;
TURNOUT_INLINE bool are_few(const abi::Plan& plan) {
    return plan.count <= few && !(plan.flags & abi::plan_flag::thresholds);
}

// The best server so far.
struct BestServer {
    uint32_t server;  // its row, counted from 1; 0: none yet
    uint64_t cost, divisor;
};

// False when there is no such candidate.
template <TablesEnvironment Env>
TURNOUT_INLINE bool look(Env& env, const abi::Plan& plan, uint32_t step, Rule rule,
                         BestServer& best) {
    if (step >= plan.count) return false;
    const abi::Candidate* candidate = env.candidate(plan.first + step);
    if (!candidate || candidate->weight <= 0) return true;
    const abi::ServerState* state = env.server_state(candidate->server);
    if (!state) return true;
    const uint64_t cost = cost_of(load_once(state->load), rule);
    const uint64_t divisor = divisor_of(candidate->weight, rule);
    if (cost * best.divisor < best.cost * divisor) best = {candidate->server + 1, cost, divisor};
    return true;
}

// The best server among few: its row, counted from 1, or 0.
template <TablesEnvironment Env>
TURNOUT_INLINE uint32_t server_among_few(Env& env, const abi::Plan& plan, Rule rule) {
    BestServer best{0, none().cost, none().divisor};
    // One after the other, and no loop, whose counting would cost as much as comparing does.
    (void)(look(env, plan, 0, rule, best) && look(env, plan, 1, rule, best) &&
           look(env, plan, 2, rule, best) && look(env, plan, 3, rule, best));
    return best.server;
}

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask, Rule rule) {
    return at_position(env, ask.plan, env.position_of_least(ask.plan, rule));
}

}  // namespace turnout::least
