// Step 4: which of the service's servers gets the connection?
#pragma once

#include <stdint.h>

#include "path/find_service.hpp"
#include "path/schedulers/choice.hpp"
#include "path/schedulers/dh.hpp"
#include "path/schedulers/fo.hpp"
#include "path/schedulers/lblc.hpp"
#include "path/schedulers/lblcr.hpp"
#include "path/schedulers/lc.hpp"
#include "path/schedulers/mh.hpp"
#include "path/schedulers/none.hpp"
#include "path/schedulers/nq.hpp"
#include "path/schedulers/ovf.hpp"
#include "path/schedulers/rr.hpp"
#include "path/schedulers/sed.hpp"
#include "path/schedulers/sh.hpp"
#include "path/schedulers/twos.hpp"
#include "path/schedulers/wlc.hpp"
#include "path/schedulers/wrr.hpp"

namespace turnout {

// The scheduler's choice among the servers of `opening.service`.
template <TablesEnvironment Env>
TURNOUT_INLINE Choice schedule(Env& env, Opening& opening) {
    const abi::Service* service = env.service(opening.service);
    abi::Cursor* cursor = env.cursor(opening.service);
    const abi::Plan* plan = service ? env.plan(load_once(service->plan)) : nullptr;
    if (!cursor || !plan) return {};
    const Ask ask{*plan, *cursor, opening};
    switch (plan->scheduler) {
#define X(name, number)        \
    case abi::Scheduler::name: \
        return name::choose(env, ask);
        TURNOUT_SCHEDULERS(X)
#undef X
    }
    return {};
}

// Puts the scheduler's choice into the record.
template <TablesEnvironment Env>
TURNOUT_INLINE Answer choose_server(Env& env, Opening& opening) {
    opening.times_asked += 1;
    const Choice choice = schedule(env, opening);
    if (choice.remember) return Answer::remember;
    if (choice.found) {
        opening.record.server = choice.server;
        return Answer::connect;
    }
    const abi::Service* service = env.service(opening.service);
    return service ? no_server_for(service->key, opening.record.tuple) : Answer::not_ours;
}

}  // namespace turnout
