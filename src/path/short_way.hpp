// The short way, which nearly every packet takes.
//
// A packet in mid-connection changes nothing but times and counts: an acknowledgement of an
// established TCP connection, a datagram of a known UDP flow, to or from a server that is there, by
// a next hop that is known.  Such a packet is found and sent here, with as little looking as that
// takes, and so is one that begins a connection in the ordinary manner (short_way/begin.hpp). Every
// other one takes the whole way (pipeline.hpp), and so does one that has anything unusual about it:
// nothing of a packet is changed or counted before it is certain that all can be done, so that the
// whole way finds it as it came.  What both ways do to a packet is the same.
#pragma once

#include <stdint.h>

#include "path/account.hpp"
#include "path/parse.hpp"
#include "path/short_way/begin.hpp"
#include "path/short_way/deliver.hpp"
#include "path/short_way/passage.hpp"
#include "table/endpoints.hpp"

namespace turnout {

namespace short_way {

// What of a status must be how, for such a packet to leave it as it is: the mask in the low half,
// in the high half what it must leave; one number, so that one branch chooses.
template <class Ip, class Way>
TURNOUT_INLINE uint64_t calm_for(const Passage<Ip>& packet, Way) {
    using namespace abi::status;
    constexpr bool reply = Way::direction == Direction::reply;
    constexpr uint64_t news = state_mask | active | dead | retired | one_packet | pending |
                              stateless | helped | data | (reply ? no_output : 0);
    constexpr auto established = static_cast<uint64_t>(abi::State::established) | active | assured;
    // Whether the client's datagram finds the connection assured does not matter.
    constexpr uint64_t heard = reply ? assured : 0;
    constexpr auto udp = static_cast<uint64_t>(abi::State::udp) | heard;
    uint64_t calm = udp << 32 | news | heard;
    if (is_tcp(packet)) calm = established << 32 | news | assured;
    hold(calm);
    return calm;
}

template <class Ip, class Way>
TURNOUT_INLINE bool is_calm(const abi::Connection& connection, const Passage<Ip>& packet, Way way) {
    const uint64_t calm = calm_for(packet, way);
    return (load_once(connection.status) & static_cast<uint32_t>(calm)) == calm >> 32;
}

// Is it the packet's connection?
template <class Ip>
TURNOUT_INLINE bool has_ends(const abi::Tuple& tuple, const Passage<Ip>& packet, Request) {
    return is(tuple.client, packet.ip->source) && is(tuple.virtual_address, packet.ip->destination);
}
template <class Ip>
TURNOUT_INLINE bool has_ends(const abi::Tuple& tuple, const Passage<Ip>& packet, Reply reply) {
    return is(tuple.client, packet.ip->destination) &&
           are_same(tuple.virtual_address, reply.service.virtual_address, *packet.ip);
}
template <class Ip, class Way>
TURNOUT_INLINE bool is_of(const abi::Tuple& tuple, const Passage<Ip>& packet, Way way,
                          uint64_t rest) {
    return has_ends(tuple, packet, way) && rest_of(tuple) == rest;
}

// The packet's connection, which may have expired; null when it is not a calm one, or stands behind
// another of the same tag.  One that has come to such a status can be found: its bucket's state
// need not be asked.
template <class Ip, class Way, class Env>
TURNOUT_INLINE abi::Connection* find_connection(Env& env, const Place& place,
                                                const Passage<Ip>& packet, Way way, uint64_t rest,
                                                const abi::Settings& settings, uint32_t& seen) {
    abi::Bucket* bucket = env.bucket(place.home);
    if (!bucket) return nullptr;
    const uint32_t state = load_once(state_of(*bucket));
    uint32_t line = line_with(*bucket, state, place.tag);
    if (!line) {
        seen = state;
        if (!(state & abi::bucket_state::overflow_mask)) return nullptr;
        bucket = env.bucket(other_bucket(place.home, place.tag, settings.bucket_mask));
        if (!bucket) return nullptr;
        line = line_with(*bucket, load_once(state_of(*bucket)), place.tag);
        if (!line) return nullptr;
    }
    abi::Connection& connection = line_of(*bucket, line);
    const bool found =
        is_calm(connection, packet, way) && is_of(connection.tuple, packet, way, rest);
    return found ? &connection : nullptr;
}

// Will the connection have the timeout that it has?
template <class Ip, class Env>
TURNOUT_INLINE bool keeps_timeout(Env& env, const Passage<Ip>& packet,
                                  const abi::Connection& connection, const abi::Server& server) {
    constexpr auto established = static_cast<uint32_t>(abi::State::established);
    constexpr auto udp = static_cast<uint32_t>(abi::State::udp);
    const abi::Timeouts* timeouts = env.timeouts(server.timeouts);
    return timeouts && connection.timeout == timeouts->timeout[is_tcp(packet) ? established : udp];
}

template <class Ip, class Way, Environment Env>
TURNOUT_INLINE Decision go(Env& env, const abi::Settings& settings, const Passage<Ip>& packet,
                           Way way) {
    const abi::Tuple tuple = tuple_of(packet, way);
    uint64_t rest = rest_of(tuple);
    hold(rest);  // kept, and not put together once more
    const Place place = place_of(tuple, settings.hash_seed, settings.bucket_mask);
    abi::Tick now = env.now();
    hold(now);  // that, and nothing it comes from
    Room room{place, not_seen};
    abi::Connection* connection =
        find_connection(env, place, packet, way, rest, settings, room.seen);
    if (!connection) return begin(env, settings, packet, way, room);
    if (expired(*connection, now)) return whole_way;
    const bool first_in_tick = connection->last_seen != now;
    if (const auto* to = known_next_hop(env, settings, packet, *connection, way, now)) {
        if (first_in_tick) store_once(connection->last_seen, now);
        account(env, connection->server, Way::direction, packet.length);
        return {true, send_directly(env, packet, *to)};
    }
    const abi::Server* server = env.server(connection->server);
    // All flags of a server tell something unusual.
    if (!server || server->flags) return whole_way;
    // Not of every packet: that timeouts are others now is found out soon enough.
    if (first_in_tick && !keeps_timeout(env, packet, *connection, *server)) return whole_way;
    const abi::Neighbour* to = find_next_hop(env, settings, packet, *connection, *server, way, now);
    if (!to) return whole_way;
    if (first_in_tick) {
        tell_next_hop(settings, *connection, *server, way, now);
        store_once(connection->last_seen, now);
    }
    account(env, connection->server, Way::direction, packet.length);
    return {true, send(env, packet, *connection, *server, way, *to)};
}

template <class Ip, Environment Env>
TURNOUT_INLINE Decision go(Env& env, const abi::Settings& settings, const Window& window) {
    Passage<Ip> packet;
    if (!read<tcp_flag::ack>(env, window, packet)) return begin_by_syn<Ip>(env, settings, window);
    if (hops_of(*packet.ip) <= 1) return whole_way;
    if (may_be_service(env, abi::address_of(packet.ip->destination)))
        return go(env, settings, packet, Request{});
    const abi::Address source = abi::address_of(packet.ip->source);
    if (!(audience(env, source) & abi::filter::nat_server)) return {true, Verdict::pass};
    const abi::ReplyService* service =
        find_reply_service(env, {source, transport_of(packet).ports.source, protocol_of(*packet.ip),
                                 family_of(*packet.ip)});
    if (!service || detail::may_have_reply_record(settings, service)) return whole_way;
    return go(env, settings, packet, Reply{*service});
}

}  // namespace short_way

template <Environment Env>
TURNOUT_INLINE Decision go_short_way(Env& env) {
    const abi::Settings& settings = env.settings();
    const Window window = env.window();
    if (!short_way::has_least<Ipv4Header>(window)) return short_way::whole_way;
    const auto& ethernet = *reinterpret_cast<const EthernetHeader*>(window.begin);
    if (!env.is_for_us(ethernet)) return {true, Verdict::pass};
    // While packets are counted, each changes its connection.
    if (settings.flags & abi::settings_flag::count_packets) return short_way::whole_way;
    if (is(ethernet.type, EtherType::ipv4)) return short_way::go<Ipv4Header>(env, settings, window);
    if (is(ethernet.type, EtherType::ipv6)) return short_way::go<Ipv6Header>(env, settings, window);
    return short_way::whole_way;
}

}  // namespace turnout
