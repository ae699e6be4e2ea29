// A packet that begins a connection of a service that asks for nothing unusual.
//
// The scheduler is asked, and the record is made, by what the whole way has for it (open.hpp); what
// is spared is all that asks what might be.  Where the packet cannot be sent at once, the record is
// left as the whole way leaves one before its first packet has been looked at: it goes on from
// there.
#pragma once

#include <stdint.h>

#include "path/account.hpp"
#include "path/open.hpp"
#include "path/schedulers/wlc.hpp"
#include "path/short_way/deliver.hpp"
#include "path/states/tcp.hpp"
#include "path/track.hpp"
#include "table/endpoints.hpp"

namespace turnout::short_way {

// Where packets that begin a connection may fare otherwise.
inline constexpr uint32_t unusual_settings =
    abi::settings_flag::marks | abi::settings_flag::sip | abi::settings_flag::drop_packet |
    abi::settings_flag::secure_tcp | abi::settings_flag::stateless | abi::settings_flag::ftp_data;
inline constexpr uint8_t unusual_plans =
    abi::plan_flag::persistent | abi::plan_flag::one_packet | abi::plan_flag::sip;

// Where a packet's connection is sure not to be, and has room in its home bucket.
struct Room {
    Place place;
    uint32_t seen;  // the bucket's state before that was looked for; not_seen: it may be there
};

// Is the connection sure not to be in its other bucket either, and is there room?
TURNOUT_INLINE bool is_room(const Room& room) {
    return !(room.seen & abi::bucket_state::overflow_mask) && has_last_lines_free(room.seen);
}

// The state first: whatever is inserted behind this look changes it.
template <TablesEnvironment Env>
TURNOUT_INLINE Room look_for_room(Env& env, const Place& place) {
    abi::Bucket* home = env.bucket(place.home);
    if (!home) return {place, not_seen};
    const uint32_t state = load_once(state_of(*home));
    return {place, line_with(*home, state, place.tag) ? not_seen : state};
}

// The record as its first packet, which is sent, leaves it: see track().
template <TablesEnvironment Env>
TURNOUT_INLINE void note_first_packet(Env& env, abi::Connection& record, const abi::Server& server,
                                      abi::Tick now) {
    if (static_cast<IpProtocol>(record.tuple.protocol) == IpProtocol::tcp) {
        const bool request_only = record.status & abi::status::no_output;
        const abi::State state =
            tcp_table::next(abi::State::none, tcp_flag::syn, Direction::request, request_only);
        record.status |= static_cast<uint32_t>(state);
        if (turnout::detail::is_active(state)) record.status |= abi::status::active;
    }
    record.timeout = turnout::detail::timeout_of(env, server.timeouts, record.status);
    record.last_seen = now;
}

// The scheduler's choice, put into the record; false if there is none, or there is more to it.
template <TablesEnvironment Env>
TURNOUT_INLINE bool choose_server(Env& env, const abi::Plan& plan, Opening& opening) {
    if (plan.scheduler != abi::Scheduler::wlc) return env.schedule(opening) == Answer::connect;
    // What ipvsadm gives a service unless told otherwise is spared what others need.
    if (least::are_few(plan)) {
        const uint32_t server = least::server_among_few(env, plan, wlc::rule);
        opening.record.server = server - 1;
        return server;
    }
    const Choice choice = at_position(env, plan, env.position_of_least(plan, wlc::rule));
    opening.record.server = choice.server;
    return choice.found;
}

// Makes the connection to the server that was chosen, and sends its first packet.
template <class Ip, Environment Env>
TURNOUT_INLINE Decision connect(Env& env, const abi::Settings& settings, const Passage<Ip>& packet,
                                const ServiceView& service, const Room& room, Opening& opening,
                                abi::Tick now) {
    abi::Connection& record = opening.record;
    const abi::Server* server = env.server(record.server);
    abi::ServerState* state = env.server_state(record.server);
    if (!server || !state) return whole_way;
    turnout::detail::describe(record, service, *server);
    const bool helped = turnout::detail::needs_ftp_helper(settings, record);
    if (helped) record.status |= abi::status::helped;
    // All flags of a server tell something unusual.
    const abi::Neighbour* to =
        server->flags || helped
            ? nullptr
            : find_next_hop(env, settings, packet, record, *server, Request{}, now);
    if (to) note_first_packet(env, record, *server, now);

    // None when another packet was quicker.
    const Attempt made = try_insert_at_home(env, room.place, record, room.seen);
    if (!made.location) return whole_way;
    turnout::detail::note_made(env, opening, *server, *state, made.location);
    if (!to) return whole_way;
    account(env, record.server, Direction::request, packet.length);
    return {true, send(env, packet, record, *server, Request{}, *to)};
}

template <class Ip, Environment Env>
TURNOUT_INLINE Decision begin_connection(Env& env, const abi::Settings& settings,
                                         Passage<Ip> packet, const Room& room) {
    if (settings.flags & unusual_settings || !is_room(room)) return whole_way;
    hold(packet.ip);  // all is read anew, and not kept by all packets for those that get here
    const abi::Tick now = env.now();
    const abi::Tuple tuple = tuple_of(packet, Request{});
    // What a NAT server sends may be an answer: its client may have a service's address.
    if (audience(env, tuple.client) & abi::filter::nat_server) return whole_way;
    const abi::EndpointRow* known = find_endpoint(
        env, {tuple.virtual_address, tuple.virtual_port, tuple.protocol, tuple.family},
        abi::EndpointKind::service);
    const abi::Service* service = known ? env.service(known->service) : nullptr;
    const abi::Plan* plan = service ? env.plan(load_once(service->plan)) : nullptr;
    Opening* opening = env.opening();
    if (!plan || plan->flags & unusual_plans || tuple.client_port == ftp_data_port || !opening)
        return whole_way;

    start(*opening, tuple, now);
    opening->service = known->service;
    opening->mark = opening->flags = 0;
    if (!choose_server(env, *plan, *opening)) return whole_way;
    return connect(env, settings, packet, {known->service, service->key, *plan}, room, *opening,
                   now);
}

// A packet without a calm connection: of a client's, a datagram may begin one.
template <class Ip, Environment Env>
TURNOUT_INLINE Decision begin(Env& env, const abi::Settings& settings, const Passage<Ip>& packet,
                              Request, const Room& room) {
    return is_tcp(packet) ? whole_way : begin_connection(env, settings, packet, room);
}
template <class Ip, Environment Env>
TURNOUT_INLINE Decision begin(Env&, const abi::Settings&, const Passage<Ip>&, Reply, const Room&) {
    return whole_way;
}

// Those that are in mid-connection are not to pay for it: a SYN is read from the beginning.
template <class Ip, Environment Env>
TURNOUT_INLINE Decision begin_by_syn(Env& env, const abi::Settings& settings,
                                     const Window& window) {
    Passage<Ip> packet;
    const bool begins = read<tcp_flag::syn>(env, window, packet) && is_tcp(packet) &&
                        hops_of(*packet.ip) > 1 &&
                        may_be_service(env, abi::address_of(packet.ip->destination));
    if (!begins) return whole_way;
    const Place place =
        place_of(tuple_of(packet, Request{}), settings.hash_seed, settings.bucket_mask);
    return begin_connection(env, settings, packet, look_for_room(env, place));
}

}  // namespace turnout::short_way
