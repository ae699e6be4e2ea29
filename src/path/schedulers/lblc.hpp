// Locality-based least connection: a destination's requests go to one server, while it bears them.
#pragma once

#include "path/schedulers/locality.hpp"

namespace turnout::lblc {

template <TablesEnvironment Env>
TURNOUT_INLINE bool bears_more(Env& env, const Ask& ask, const abi::Connection& record) {
    const abi::Server* server = locality::remembered_server(env, record, record.incarnation);
    const abi::ServerState* state = env.server_state(record.server);
    if (!server || !state || server->weight <= 0) return false;
    return !locality::is_crowded(env, ask, *server, *state);
}

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    abi::Connection* record = at(env, locality::find(env, ask));
    if (record && bears_more(env, ask, *record)) return {true, record->server};

    const Choice choice = locality::least_loaded(env, ask);
    const abi::Server* server = choice.found ? env.server(choice.server) : nullptr;
    if (!server) return choice;
    if (record) {
        if (record->server == choice.server && record->incarnation == server->incarnation)
            return choice;
        (void)end(*record, load_once(record->status), ask.now());
    }
    if (!may_remember(ask)) return choice;
    locality::begin_record(env, ask, choice.server).incarnation = server->incarnation;
    return {false, 0, true};
}

}  // namespace turnout::lblc
