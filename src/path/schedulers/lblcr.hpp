// Locality-based least connection with replication: a destination has a set of servers, which grows
// while they are crowded and shrinks again after a day without change.
//
// The set is a chain: the destination's record links to the server that joined last, that one to
// the one before.  Who has left stays in the chain, marked retired, as long as the destination is
// remembered.
#pragma once

#include "path/schedulers/locality.hpp"

namespace turnout::lblcr {

// A walk through a set.  `most` turns it round: the greatest overhead per weight is looked for.
template <TablesEnvironment Env>
struct Walk {
    Env* env;
    least::Best best;  // `position` is the location of the member's record
    Location next;
    uint32_t members;
    bool most;
};

template <TablesEnvironment Env>
TURNOUT_INLINE long look(Walk<Env>& w) {
    const Location here = w.next;
    const abi::Connection* member = at(*w.env, here);
    if (!member) return 1;
    w.next = load_once(member->link);
    if (load_once(member->status) & abi::status::retired) return 0;
    w.members += 1;
    const abi::Server* server = w.env->server(member->server);
    const abi::ServerState* state = w.env->server_state(member->server);
    if (!server || !state || server->weight <= 0) return 0;
    const bool serves =
        server->incarnation == member->incarnation && !(server->flags & abi::server_flag::removed);
    if (!w.most && (!serves || load_once(state->overloaded))) return 0;
    const uint32_t overhead = least::overhead(load_once(state->load));
    const auto weight = static_cast<uint32_t>(server->weight);
    // weight / overhead is least where overhead / weight is greatest.
    if (w.most && !w.best.position)
        w.best = {here, weight, overhead};  // even without any overhead
    else if (w.most)
        least::consider(w.best, here, weight, overhead);
    else
        least::consider(w.best, here, overhead, weight);
    return 0;
}

template <TablesEnvironment Env>
TURNOUT_INLINE void walk(Env& env, const abi::Connection& set, bool most, Walk<Env>& walk) {
    const Location first = load_once(set.link);
    walk = {&env, least::none_yet(first), first, forgotten(0, first), most};
    env.each(abi::most_candidates, &walk,
             []([[maybe_unused]] uint32_t step, Walk<Env>* w) -> long { return look(*w); });
}

// True for a set of several servers that has not changed for long: the most loaded one may leave.
template <TablesEnvironment Env>
TURNOUT_INLINE bool may_shrink(Env& env, const Ask& ask, const abi::Connection& set,
                               uint32_t members) {
    if (members < 2) return false;
    const int32_t age = abi::elapsed(load_once(set.changed), ask.now());
    return age > static_cast<int32_t>(env.settings().lblcr_timeout);
}

// The location of the least loaded server in the set, or 0; a set that may shrink does.
template <TablesEnvironment Env>
TURNOUT_INLINE Location least_loaded_in(Env& env, const Ask& ask, abi::Connection& set) {
    Walk<Env> found;
    walk(env, set, false, found);
    const Location best = found.best.position;
    if (!may_shrink(env, ask, set, found.members)) return best;
    walk(env, set, true, found);
    if (abi::Connection* most = at(env, found.best.position)) {
        set_bits(most->status, abi::status::retired);
        store_once(set.changed, ask.now());
    }
    return best;
}

// Begins a record aside that makes the server a member of the set.
template <TablesEnvironment Env>
TURNOUT_INLINE void begin_member(Env& env, const Ask& ask, Location set, uint32_t server) {
    abi::Connection& member = locality::begin_record(env, ask, server);
    if (const abi::Server* row = env.server(server)) member.incarnation = row->incarnation;
    // Not the row's number: another server may have it one day.
    member.tuple.client.word[2].raw = member.incarnation;
    member.tuple.client.word[3].raw = set;
    member.tuple.kind = abi::TupleKind::locality_member;
    if (const abi::Connection* record = at(env, set)) member.link = load_once(record->link);
}

// Puts a member that now stands in the table at the head of its set.
template <TablesEnvironment Env>
TURNOUT_INLINE void join(Env& env, const Ask& ask, abi::Connection& set) {
    const Location location = ask.opening.remembered;
    abi::Connection* member = at(env, location);
    ask.opening.remembered = 0;
    if (!member || member->tuple.kind != abi::TupleKind::locality_member) return;
    if (swap_if(set.link, load_once(member->link), location))
        store_once(set.changed, ask.now());
    else  // another joined meanwhile
        (void)end(*member, load_once(member->status), ask.now());
}

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    const Location location = locality::find(env, ask);
    abi::Connection* set = at(env, location);
    if (set) {
        join(env, ask, *set);
        const abi::Connection* best = at(env, least_loaded_in(env, ask, *set));
        const abi::Server* server = best ? env.server(best->server) : nullptr;
        const abi::ServerState* state = best ? env.server_state(best->server) : nullptr;
        if (server && state && !locality::is_crowded(env, ask, *server, *state))
            return {true, best->server};
    }
    const Choice choice = locality::least_loaded(env, ask);
    if (!choice.found || !may_remember(ask)) return choice;
    if (!set) {
        locality::begin_record(env, ask, 0);
        return {false, 0, true};
    }
    begin_member(env, ask, location, choice.server);
    if (env.find(ask.opening.aside.tuple, ask.now()).location) return choice;
    return {false, 0, true};
}

}  // namespace turnout::lblcr
