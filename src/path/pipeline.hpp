// The packet's way, from the first byte read to the verdict: this file is its table of contents.
//
//   1 parse            what is it, could it be ours?
//   2 find_connection  does it belong to one, in which direction?
//   3 ask              if not: does a service want it?
//   4 schedule                 which of its servers gets it?
//   5 connect                  make the connection
//   6 prepare          can this lane deliver it, now?
//   7 track            what does it do to its connection?
//   8 account          count it
//   9 forward          rewrite or encapsulate, and send
//
// Up to step 6 nothing of the packet has been changed and nothing counted, so that a lane which
// cannot finish passes it on untouched; a connection made in step 5 is found by the next lane.
#pragma once

#include "path/account.hpp"
#include "path/call_out.hpp"
#include "path/env.hpp"
#include "path/find_connection.hpp"
#include "path/forward.hpp"
#include "path/forwarding/icmp_answer.hpp"
#include "path/fragments.hpp"
#include "path/make_way.hpp"
#include "path/open.hpp"
#include "path/parse.hpp"
#include "path/sequences.hpp"
#include "path/short_way.hpp"
#include "path/stateless.hpp"
#include "path/strays.hpp"
#include "path/track.hpp"
#include "table/sweep.hpp"

namespace turnout {

namespace detail {

template <Environment Env>
TURNOUT_INLINE Verdict drop(Env& env, abi::Drop reason) {
    env.count_drop(reason);
    return Verdict::drop;
}

template <Environment Env>
TURNOUT_INLINE void begin(Env& env, const abi::Settings& settings, const Packet& packet,
                          abi::Tick now, const Flow& flow, Opening& opening) {
    start(opening, request_tuple(packet), now);
    opening.mark = env.mark();
    opening.flags = Env::is_complete() ? 0 : opening_flag::fast_lane;
    opening.call.call.length = 0;
    const bool udp = static_cast<IpProtocol>(packet.protocol) == IpProtocol::udp;
    if constexpr (Env::is_complete())
        if (udp && settings.flags & abi::settings_flag::sip)
            env.read_call(packet.transport_offset + sizeof(UdpHeader), opening);
    opening.seen = flow.seen;
}

// Asks the scheduler, which may want something to be remembered before it answers.
template <Environment Env>
TURNOUT_INLINE Answer schedule(Env& env, Opening& opening) {
    Answer answer = Answer::schedule;
    for (uint32_t time = 0; time < most_times_asked; ++time) {
        answer = env.schedule(opening);
        if (answer != Answer::remember) break;
        opening.remembered = env.insert(opening.aside, not_seen).location;
    }
    return answer;
}

// Sends what an error was made of to the packet's sender.
template <Environment Env>
TURNOUT_INLINE Verdict send_back(Env& env, const Packet& packet) {
    Opening* room = env.opening();
    if (!room) return drop(env, abi::Drop::no_route);
    if (!env.route(packet.source, packet.family, room->route))
        return env.hand_to_host(Direction::reply);
    return env.transmit_resolving(room->route);
}

// Of errors there are so many in a tick on a CPU, whatever comes in.
inline constexpr uint32_t most_errors_in_a_tick = 64;

template <Environment Env>
TURNOUT_INLINE bool may_send_error(Env& env, abi::Tick now) {
    Opening* room = env.opening();
    if (!room) return false;
    if (room->errors_in != now) room->errors_in = now, room->errors = 0;
    room->errors += 1;
    return room->errors <= most_errors_in_a_tick;
}

// The packet is dropped, and who sent a request is told why.  Who sent a reply is told by the
// kernel, which is its router: the reply passes.
template <Environment Env>
TURNOUT_INLINE Verdict refuse(Env& env, const Packet& packet, const Flow& flow, abi::Tick now,
                              abi::Drop reason, const IcmpError& error) {
    if constexpr (Env::is_complete()) {
        if (flow.direction == Direction::reply) return Verdict::pass;
        env.count_drop(reason);
        if (!is_icmp_error(packet) && may_send_error(env, now) &&
            env.turn_into_error(packet, error, packet.destination))
            return send_back(env, packet);
    }
    return Verdict::drop;
}

// A service by mark without a server may let packets go on to where they are for (cache_bypass).
template <Environment Env>
TURNOUT_INLINE bool goes_by(Env& env, const abi::Settings& settings, const Packet& packet,
                            Opening& opening) {
    if (!(settings.flags & abi::settings_flag::cache_bypass)) return false;
    const abi::Service* service = env.service(opening.service);
    return service && abi::is_by_mark(service->key) &&
           env.route(packet.destination, packet.family, opening.route);
}

// No server is available: the client is told that nobody listens there.
template <Environment Env>
TURNOUT_INLINE Verdict refuse_service(Env& env, const abi::Settings& settings, const Packet& packet,
                                      abi::Tick now, const Flow& flow, Opening& opening) {
    if constexpr (Env::is_complete()) {
        if (goes_by(env, settings, packet, opening)) return Verdict::pass;
        return refuse(env, packet, flow, now, abi::Drop::no_server,
                      port_unreachable(packet.family));
    }
    return Verdict::pass;
}

// The table has no room for the connection that begins.
template <Environment Env>
TURNOUT_INLINE Location begin_without_record(Env& env, const abi::Settings& settings,
                                             Opening& opening, abi::Tick now) {
    if (!opening.record.link && env.choose_by_hash(opening) != Answer::connect) return 0;
    const Location location = env.go_without_record(opening);
    if (location) note_want_of_room(env, settings, now);
    return location;
}

// Opens a connection for a request that has none.  `resumes`: it may have begun without a record.
template <Environment Env>
TURNOUT_INLINE Verdict open(Env& env, const abi::Settings& settings, const Packet& packet,
                            abi::Tick now, Flow& flow, bool resumes) {
    Opening* opening = env.opening();
    if (!opening) return Verdict::pass;
    begin(env, settings, packet, now, flow, *opening);
    if (resumes) opening->flags |= opening_flag::resumes;
    Answer answer = env.ask(*opening);
    if (answer == Answer::schedule)
        answer = resumes ? env.choose_by_hash(*opening) : schedule(env, *opening);
    switch (answer) {
        case Answer::connect:
            break;
        case Answer::not_ours:
        case Answer::elsewhere:
        case Answer::schedule:
        case Answer::remember:
            return Verdict::pass;
        case Answer::no_server:
            return refuse_service(env, settings, packet, now, flow, *opening);
        case Answer::refused:
            return drop(env, abi::Drop::no_call);
        case Answer::defended:
            return drop(env, abi::Drop::defence);
    }
    flow.location = !resumes || has_room(env, settings) ? env.connect(*opening) : 0;
    if (!flow.location)
        flow.location = resumes ? env.go_without_record(*opening)
                                : begin_without_record(env, settings, *opening, now);
    flow.connection = at(env, flow.location);
    return flow.connection ? Verdict::transmit : drop(env, abi::Drop::table_full);
}

// A server opens a connection: the packet goes its way as a reply of that.
template <Environment Env>
TURNOUT_INLINE Verdict open_call(Env& env, const abi::Settings& settings, const Packet& packet,
                                 abi::Tick now, Flow& flow) {
    Opening* opening = env.opening();
    if (!opening) return Verdict::pass;
    flow.seen = not_seen;
    begin(env, settings, packet, now, flow, *opening);
    opening->aside.tuple =
        reply_tuple(packet, packet.source, packet.source_port, abi::TupleKind::reply);
    if (env.call_out(*opening) != Answer::connect) return Verdict::pass;
    flow.direction = Direction::reply;
    flow.location = env.connect(*opening);
    flow.connection = at(env, flow.location);
    return flow.connection ? Verdict::transmit : drop(env, abi::Drop::table_full);
}

// A server's packet of a connection that has no record.
template <Environment Env>
TURNOUT_INLINE Verdict reply_without_record(Env& env, const abi::Settings& settings,
                                            const Packet& packet, abi::Tick now, Flow& flow) {
    Opening* opening = env.opening();
    if (!opening || !(audience(env, packet.source) & abi::filter::nat_server)) return Verdict::pass;
    begin(env, settings, packet, now, flow, *opening);
    opening->flags |= opening_flag::resumes;
    opening->aside.tuple =
        reply_tuple(packet, packet.source, packet.source_port, abi::TupleKind::reply);
    if (env.reply_by_hash(*opening) != Answer::connect) return Verdict::pass;
    flow.direction = Direction::reply;
    flow.location = env.go_without_record(*opening);
    flow.connection = at(env, flow.location);
    return flow.connection ? Verdict::transmit : Verdict::pass;
}

// A later fragment goes where its first went, or waits for it.
template <Environment Env>
TURNOUT_INLINE Verdict locate_fragment(Env& env, const Packet& packet, abi::Tick now, Flow& flow) {
    if (!may_be_ours(env, packet)) return Verdict::pass;
    const FragmentNote note = env.find_fragment_note(packet, now);
    switch (note.fate) {
        case FragmentFate::connection:
            flow.direction = note.direction;
            flow.location = note.location;
            flow.connection = connection_of(env, note, packet, now);
            return flow.connection ? Verdict::transmit : drop(env, abi::Drop::lost_fragment);
        case FragmentFate::host:
            return Verdict::pass;
        case FragmentFate::refused:
            return drop(env, abi::Drop::lost_fragment);
        case FragmentFate::unknown:
        case FragmentFate::waits:
            break;
    }
    if constexpr (!Env::is_complete()) return Verdict::pass;
    const bool held = env.hold_fragment(packet, now);
    return drop(env, held ? abi::Drop::held_fragment : abi::Drop::lost_fragment);
}

// Where the fragments behind a first one go, given what became of that.
TURNOUT_INLINE FragmentFate fate_behind(Verdict located, const Flow& flow) {
    if (located == Verdict::transmit && flow.connection) return FragmentFate::connection;
    return located == Verdict::pass ? FragmentFate::host : FragmentFate::refused;
}

// A first fragment shows the way to those behind it, and calls those that came before: then it has
// been called in again with them, and is dropped.  Verdict::transmit: it goes on.
template <Environment Env>
TURNOUT_INLINE Verdict lead_fragments(Env& env, const abi::Settings& settings, const Packet& packet,
                                      abi::Tick now, const Flow& flow, Verdict located) {
    if (packet.part != Part::first || !may_be_ours(env, packet)) return Verdict::transmit;
    if constexpr (!Env::is_complete()) {
        // What the fast lane passes on is for the complete one to tell; so are those that wait.
        if (!flow.connection) return Verdict::transmit;
        if (env.find_fragment_note(packet, now).fate == FragmentFate::waits) {
            hand_over(env, settings, flow.location);
            return Verdict::pass;
        }
    }
    const FragmentFate fate = fate_behind(located, flow);
    const Location location = fate == FragmentFate::connection ? flow.location : 0;
    const uint32_t waiting = env.note_first(packet, location, flow.direction, fate, now);
    // What has been refused is an error by now, and those that waited are not called.
    if constexpr (Env::is_complete())
        if (waiting && fate != FragmentFate::refused && env.release_fragments(packet, waiting))
            return Verdict::drop;
    return Verdict::transmit;
}

// A NAT server's packet of no connection is dropped, and the server told (nat_icmp_send).
template <Environment Env>
TURNOUT_INLINE Verdict refuse_stray(Env& env, const Packet& packet, abi::Tick now) {
    Opening* room = env.opening();
    if (!room || !may_be_stray(packet) || !env.find_near_end(packet, *room)) return Verdict::pass;
    // What is for the director itself, or for nobody, or on its last hop, the kernel answers.
    if (packet.ttl <= 1 || !env.route(packet.destination, packet.family, room->route))
        return Verdict::pass;
    env.count_drop(abi::Drop::stray);
    if (may_send_error(env, now) && take_hop(env, packet) &&
        env.turn_into_error(packet, port_unreachable(packet.family), room->near_end))
        return send_back(env, packet);
    return Verdict::drop;
}

// Finds the connection of a packet that has ports, or makes one.
template <Environment Env>
TURNOUT_INLINE Verdict find_or_open(Env& env, const abi::Settings& settings, const Packet& packet,
                                    abi::Tick now, Flow& flow) {
    if (!find_flow(env, settings, packet, now, flow)) {
        if constexpr (Env::is_complete())
            if (may_call_out(env, settings, packet))
                return open_call(env, settings, packet, now, flow);
        const bool stateless = settings.flags & abi::settings_flag::stateless;
        return stateless ? reply_without_record(env, settings, packet, now, flow) : Verdict::pass;
    }
    if (flow.direction == Direction::reply) return Verdict::transmit;
    abi::Connection* former = flow.connection;
    if (former && !makes_way(env, settings, *former, packet, now)) return Verdict::transmit;
    // Where a mark may follow, the fast lane opens none: nor does it end the one before.
    if constexpr (!Env::is_complete())
        if (former && settings.flags & abi::settings_flag::marks) return Verdict::pass;
    // An ended connection that is replaced still counts for its server when the new one's is
    // chosen, as in IPVS.
    const uint32_t status = former ? load_once(former->status) : 0;
    const bool ended = former && end(*former, status, now);
    const bool opens =
        is_icmp_error(packet) ? may_open_by_error(settings, packet) : may_open(settings, packet);
    const bool resumes = may_resume(settings, packet);
    const Verdict verdict =
        opens || resumes ? open(env, settings, packet, now, flow, resumes) : Verdict::pass;
    if (ended) return_count(env, *former, status);
    return verdict;
}

// Finds the packet's connection or makes one; the verdict is final when there is none.
template <Environment Env>
TURNOUT_INLINE Verdict locate(Env& env, const abi::Settings& settings, const Packet& packet,
                              abi::Tick now, Flow& flow) {
    if (packet.part == Part::later) return locate_fragment(env, packet, now, flow);
    const Verdict found = find_or_open(env, settings, packet, now, flow);
    if constexpr (Env::is_complete())
        if (settings.flags & abi::settings_flag::nat_icmp_send && found == Verdict::pass &&
            !flow.connection && !env.is_outgoing())
            return refuse_stray(env, packet, now);
    return found;
}

// What becomes of a packet that cannot be delivered.
template <Environment Env>
TURNOUT_INLINE Verdict give_up(Env& env, const Packet& packet, const Flow& flow, abi::Tick now,
                               const Delivery& delivery, Readiness why) {
    switch (why) {
        case Readiness::to_come_in_again:
            return env.come_in_by_loopback();
        case Readiness::server_removed:
            return drop(env, abi::Drop::server_removed);
        case Readiness::no_route:
            return drop(env, abi::Drop::no_route);
        case Readiness::no_tunnel_source:
            return drop(env, abi::Drop::no_tunnel_source);
        case Readiness::ttl_expired:
            return refuse(env, packet, flow, now, abi::Drop::ttl_expired,
                          time_exceeded(packet.family));
        case Readiness::too_big:
            if (packet.family == abi::Family::ipv4 && !packet.dont_fragment)
                return drop(env, abi::Drop::too_big);
            return refuse(env, packet, flow, now, abi::Drop::too_big,
                          too_big(packet.family, delivery.mtu));
        case Readiness::ready:
        case Readiness::for_another_lane:
            break;
    }
    return Verdict::pass;
}

// An error about a tunnel of ours is told to the client whose packet was in it.
template <Environment Env>
TURNOUT_INLINE Verdict relay(Env& env, Packet& packet, Flow& flow) {
    if constexpr (Env::is_complete()) {
        const uint32_t id = flow.connection->server;
        const bool ours = abi::method_of(flow.connection->status) == abi::Method::tunnel;
        switch (ours ? env.relay_tunnel_error(packet, id) : Relayed::not_ours) {
            case Relayed::not_ours:
                break;
            case Relayed::taken:
                return drop(env, abi::Drop::tunnel_error);
            case Relayed::turned:
                flow.direction = Direction::reply;
                if (const abi::Server* server = env.server(id)) account(env, packet, flow, *server);
                return send_back(env, packet);
        }
    }
    return Verdict::pass;
}

}  // namespace detail

template <Environment Env>
TURNOUT_INLINE Verdict go_whole_way(Env& env) {
    if (!env.is_for_us()) return Verdict::pass;
    const abi::Settings& settings = env.settings();
    Packet packet;
    if (!parse(env, packet)) return Verdict::pass;

    const abi::Tick now = env.now();
    Flow flow{};
    const Verdict located = detail::locate(env, settings, packet, now, flow);
    const Verdict led = detail::lead_fragments(env, settings, packet, now, flow, located);
    if (led != Verdict::transmit) return led;
    if (located != Verdict::transmit || !flow.connection) return located;
    if (packet.about_tunnel) return detail::relay(env, packet, flow);

    Delivery delivery{};
    const Readiness readiness = prepare(env, settings, packet, flow, now, delivery);
    if (readiness != Readiness::ready) {
        if constexpr (!Env::is_complete()) hand_over(env, settings, flow.location);
        return detail::give_up(env, packet, flow, now, delivery, readiness);
    }

    if (!is_icmp_error(packet) && packet.part != Part::later) {
        env.track(packet, *flow.connection, flow.direction, delivery.server->timeouts, now);
        if (wants_sequences(*delivery.server, packet, flow))
            env.note_sequences(packet, flow.location);
    }
    account(env, packet, flow, *delivery.server);
    if constexpr (Env::is_complete()) end_handed_over(env, *flow.connection, now);
    return forward(env, packet, flow, delivery);
}

template <Environment Env>
TURNOUT_INLINE Verdict direct(Env& env) {
    const Decision decision = go_short_way(env);
    return decision.made ? decision.verdict : go_whole_way(env);
}

}  // namespace turnout
