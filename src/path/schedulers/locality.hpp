// Locality: what lblc and lblcr share, made for farms of caches.
//
// Both remember which server a destination was sent to last, and stay with it while it is not
// overloaded.  The memory is records of the connection table, so it ends by the sweeper, too: one
// of kind *locality* for a destination, keyed by the service's row and epoch and the destination.
#pragma once

#include "path/schedulers/least.hpp"
#include "table/table.hpp"

namespace turnout::locality {

// Begins a record of the destination aside; what it remembers is the caller's to add.
template <TablesEnvironment Env>
TURNOUT_INLINE abi::Connection& begin_record(Env& env, const Ask& ask, uint32_t server) {
    abi::Connection& record = ask.opening.aside;
    record = {};
    // Keys, not addresses: any 32 bits will do.
    record.tuple.client.word[0].raw = ask.opening.service;
    record.tuple.client.word[1].raw = ask.plan.epoch;
    record.tuple.virtual_address = ask.tuple().virtual_address;
    record.tuple.family = ask.tuple().family;
    record.tuple.kind = abi::TupleKind::locality;
    record.server = server;
    record.last_seen = ask.now();
    const abi::Settings& settings = env.settings();
    record.timeout = ask.plan.scheduler == abi::Scheduler::lblcr ? settings.lblcr_timeout
                                                                 : settings.lblc_timeout;
    return record;
}

// Where the destination's record is, or 0; asking for it keeps it.
template <TablesEnvironment Env>
TURNOUT_INLINE Location find(Env& env, const Ask& ask) {
    const abi::Tuple& tuple = begin_record(env, ask, 0).tuple;
    const Location location = env.find(tuple, ask.now()).location;
    if (abi::Connection* record = at(env, location)) store_once(record->last_seen, ask.now());
    return location;
}

// The server that a record remembers, if it is still that server and in service.
template <TablesEnvironment Env>
TURNOUT_INLINE const abi::Server* remembered_server(Env& env, const abi::Connection& record,
                                                    uint32_t incarnation) {
    const abi::Server* server = env.server(record.server);
    if (!server || server->incarnation != incarnation) return nullptr;
    return server->flags & abi::server_flag::removed ? nullptr : server;
}

template <TablesEnvironment Env>
struct Search {
    Env* env;
    uint32_t first;
    bool found;
};

// Has the server more active connections than its weight, while another has not half as many?
template <TablesEnvironment Env>
TURNOUT_INLINE bool is_crowded(Env& env, const Ask& ask, const abi::Server& server,
                               const abi::ServerState& state) {
    if (abi::load::active(load_once(state.load)) <= static_cast<uint32_t>(server.weight))
        return false;
    Search<Env> search{&env, ask.plan.first, false};
    env.each(ask.plan.count, &search, [](uint32_t step, Search<Env>* s) -> long {
        const abi::Candidate* candidate = s->env->candidate(s->first + step);
        const abi::ServerState* other =
            candidate ? s->env->server_state(candidate->server) : nullptr;
        if (!other) return 0;
        const uint64_t active = abi::load::active(load_once(other->load));
        s->found = active * 2 < static_cast<uint32_t>(candidate->weight);
        return s->found;
    });
    return search.found;
}

// The server for a destination that has none: wlc's choice.
template <TablesEnvironment Env>
TURNOUT_INLINE Choice least_loaded(Env& env, const Ask& ask) {
    return least::choose(env, ask, least::Rule::overhead_per_weight);
}

}  // namespace turnout::locality
