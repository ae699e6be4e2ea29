// The packet's way, from the first byte read to the verdict: this file is its table of contents.
//
//   1 parse            what is it, could it be ours?
//   2 find_connection  does it belong to one, in which direction?
//   3 schedule         if not: does a service want it, which server gets it?
//   4 prepare          can this lane deliver it, now?
//   5 track            what does it do to its connection?
//   6 account          count it
//   7 forward          rewrite or encapsulate, and send
//
// Up to step 4 nothing of the packet has been changed and nothing counted, so that a lane which
// cannot finish passes it on untouched; a connection made in step 3 is found by the next lane.
#pragma once

#include "path/account.hpp"
#include "path/env.hpp"
#include "path/find_connection.hpp"
#include "path/forward.hpp"
#include "path/parse.hpp"
#include "path/schedule.hpp"
#include "path/track.hpp"
#include "table/sweep.hpp"

namespace turnout {

namespace detail {

template <Environment Env>
TURNOUT_INLINE Verdict drop(Env& env, abi::Drop reason) {
    env.count_drop(reason);
    return Verdict::drop;
}

// Opens a connection for a request that has none.
template <Environment Env>
TURNOUT_INLINE Verdict open(Env& env, const Packet& packet, abi::Tick now, Flow& flow) {
    const abi::Tuple tuple = request_tuple(packet);
    const Scheduled scheduled = env.schedule(tuple);
    if (scheduled.answer == Answer::not_ours) return Verdict::pass;
    if (scheduled.answer == Answer::no_server) {
        // The host refuses for us: nobody listens there, so it answers with a RST or an ICMP error.
        if constexpr (Env::is_complete()) env.count_drop(abi::Drop::no_server);
        return Verdict::pass;
    }
    flow.location = connect(env, tuple, scheduled.server, flow.seen, now);
    flow.connection = at(env, flow.location);
    return flow.connection ? Verdict::transmit : drop(env, abi::Drop::table_full);
}

// Finds the packet's connection or makes one; the verdict is final when there is none.
template <Environment Env>
TURNOUT_INLINE Verdict locate(Env& env, const abi::Settings& settings, const Packet& packet,
                              abi::Tick now, Flow& flow) {
    if (!find_flow(env, settings, packet, now, flow)) return Verdict::pass;
    if (flow.direction == Direction::reply) return Verdict::transmit;
    if (flow.connection && makes_way(*flow.connection, packet)) {
        const uint32_t status = load_once(flow.connection->status);
        if (end(*flow.connection, status, now)) return_count(env, *flow.connection, status);
        flow.connection = nullptr;
    }
    if (flow.connection) return Verdict::transmit;

    return may_open(packet) ? open(env, packet, now, flow) : Verdict::pass;
}

// What becomes of a packet that cannot be delivered.
template <Environment Env>
TURNOUT_INLINE Verdict give_up(Env& env, Readiness why) {
    switch (why) {
        case Readiness::server_removed:
            return drop(env, abi::Drop::server_removed);
        case Readiness::no_route:
            return drop(env, abi::Drop::no_route);
        case Readiness::no_tunnel_source:
            return drop(env, abi::Drop::no_tunnel_source);
        case Readiness::ttl_expired: return drop(env, abi::Drop::ttl_expired);
        case Readiness::too_big: return drop(env, abi::Drop::too_big);
        case Readiness::ready:
        case Readiness::for_another_lane:
            break;
    }
    return Verdict::pass;
}

}  // namespace detail

template <Environment Env>
TURNOUT_INLINE Verdict direct(Env& env) {
    const abi::Settings* settings = env.settings();
    if (!settings) return Verdict::pass;
    Packet packet;
    if (!env.is_for_us() || !parse(env, packet)) return Verdict::pass;

    const abi::Tick now = env.now();
    Flow flow{};
    const Verdict located = detail::locate(env, *settings, packet, now, flow);
    if (located != Verdict::transmit || !flow.connection) return located;

    Delivery delivery{};
    const Readiness readiness = prepare(env, packet, flow, now, delivery);
    if (readiness != Readiness::ready) return detail::give_up(env, readiness);

    track(*settings, packet, flow, *delivery.state, now);
    account(env, packet, flow);
    return forward(env, packet, flow, delivery);
}

}  // namespace turnout
