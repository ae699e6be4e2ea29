// The short way, which nearly every packet takes.
//
// A packet in mid-connection changes nothing but times and counts: an acknowledgement of an
// established TCP connection, a datagram of a known UDP flow, to or from a server that is there, by
// a next hop that is known.  Such a packet is found and sent here, with as little looking as that
// takes.  Every other one takes the whole way (pipeline.hpp), and so does one that has anything
// unusual about it: nothing is changed or counted before it is certain that all can be done, so
// that the whole way finds the packet as it came.  What both ways do to a packet is the same.
//
// A machine of BPF has five registers that outlast a look-up.  So little is carried along here, and
// what the packet can tell again is read from it again.
#pragma once

#include <stdint.h>

#include "path/account.hpp"
#include "path/find_connection.hpp"
#include "path/forwarding/nat.hpp"
#include "path/forwarding/take_hop.hpp"
#include "path/forwarding/tunnel.hpp"
#include "path/parse.hpp"
#include "table/endpoints.hpp"

namespace turnout {

namespace short_way {

inline constexpr Decision whole_way = {false, Verdict::pass};

// A packet whose headers have been found to be what the short way takes: the transport's stands
// right behind IP's.
template <class Ip>
struct Passage {
    Ip* ip;
    uint32_t length;  // of the IP packet
};

template <class Ip>
TURNOUT_INLINE EthernetHeader& ethernet_of(const Passage<Ip>& packet) {
    return *reinterpret_cast<EthernetHeader*>(reinterpret_cast<uint8_t*>(packet.ip) - ip_offset);
}

// Of UDP only the ports are such.
template <class Ip>
TURNOUT_INLINE TcpHeader& transport_of(const Passage<Ip>& packet) {
    return *reinterpret_cast<TcpHeader*>(packet.ip + 1);
}

template <class Ip>
TURNOUT_INLINE bool is_tcp(const Passage<Ip>& packet) {
    return static_cast<IpProtocol>(protocol_of(*packet.ip)) == IpProtocol::tcp;
}

TURNOUT_INLINE abi::Family family_of(const Ipv4Header&) {
    return abi::Family::ipv4;
}
TURNOUT_INLINE abi::Family family_of(const Ipv6Header&) {
    return abi::Family::ipv6;
}

// Not a part of a packet, and without options.
TURNOUT_INLINE bool is_plain(const Ipv4Header& ip) {
    uint32_t fragment = ip.fragment.raw;
    hold(fragment);  // one mask is enough
    return ip.version_and_length == 0x45 && !(fragment & ipv4_fragment::is_part.raw);
}
TURNOUT_INLINE bool is_plain(const Ipv6Header& ip) {
    return to_host(ip.version_class_label) >> 28 == 6;
}

// The least that TCP and UDP have: so all of the IP header is there.
template <class Ip>
struct [[gnu::packed]] Least {
    uint8_t ethernet[ip_offset];
    uint8_t ip[sizeof(Ip)];
    uint8_t transport[sizeof(UdpHeader)];
};
template <class Ip>
TURNOUT_INLINE bool has_least(const Window& window) {
    return header_at<Least<Ip>>(window, 0);
}

// Are there so many bytes?  A frame of XDP that is not whole in the window cannot go everywhere.
template <class Env>
TURNOUT_INLINE bool is_there(Env& env, const Window& window, uint32_t bytes) {
    if constexpr (Env::is_complete())
        return env.has(bytes);
    else
        return bytes <= static_cast<uint64_t>(window.end - window.begin);
}

// False unless it is an acknowledgement or a datagram.
template <class Ip, class Env>
TURNOUT_INLINE bool read(Env& env, const Window& window, Passage<Ip>& packet) {
    constexpr uint8_t events = tcp_flag::rst | tcp_flag::syn | tcp_flag::fin | tcp_flag::ack;
    constexpr uint32_t behind_ip = ip_offset + sizeof(Ip);
    // The shorter of both has been looked for.
    if (sizeof(Ip) > sizeof(Ipv4Header) && !has_least<Ip>(window)) return false;
    packet.ip = reinterpret_cast<Ip*>(window.begin + ip_offset);
    hold(packet.ip);  // all else is found from here
    if (!is_plain(*packet.ip)) return false;
    uint32_t least = sizeof(Ip) + sizeof(UdpHeader);
    if (is_tcp(packet)) {
        if (!header_at<TcpHeader>(window, behind_ip)) return false;
        if ((transport_of(packet).flags & events) != tcp_flag::ack) return false;
        least = sizeof(Ip) + sizeof(TcpHeader);
    } else if (static_cast<IpProtocol>(protocol_of(*packet.ip)) != IpProtocol::udp) {
        return false;
    }
    packet.length = length_of(*packet.ip);
    hold(packet.length);  // kept, and not read once more
    return packet.length >= least && is_there(env, window, ip_offset + packet.length);
}

// Is it the address that stands in an IP header?  Both are of one family.
TURNOUT_INLINE bool is(const abi::Address& address, be32 ipv4) {
    return address.word[0] == ipv4;
}
TURNOUT_INLINE bool is(const abi::Address& address, const be32 (&ipv6)[4]) {
    return address == abi::address_of(ipv6);
}
TURNOUT_INLINE bool are_same(const abi::Address& a, const abi::Address& b, const Ipv4Header&) {
    return a.word[0] == b.word[0];
}
TURNOUT_INLINE bool are_same(const abi::Address& a, const abi::Address& b, const Ipv6Header&) {
    return a == b;
}

// The two kinds of packet, by who sends it.
struct Request {
    static constexpr Direction direction = Direction::request;
};
struct Reply {
    static constexpr Direction direction = Direction::reply;
    const abi::ReplyService& service;  // the one that its sender serves
};

// The tuple of the packet's connection.
template <class Ip>
TURNOUT_INLINE abi::Tuple tuple_of(const Passage<Ip>& packet, Request) {
    const Ip& ip = *packet.ip;
    const Ports& ports = transport_of(packet).ports;
    return {abi::address_of(ip.source),
            abi::address_of(ip.destination),
            ports.source,
            ports.destination,
            protocol_of(ip),
            family_of(ip),
            abi::TupleKind::connection};
}
template <class Ip>
TURNOUT_INLINE abi::Tuple tuple_of(const Passage<Ip>& packet, Reply reply) {
    const Ip& ip = *packet.ip;
    return {abi::address_of(ip.destination),
            reply.service.virtual_address,
            transport_of(packet).ports.destination,
            reply.service.virtual_port,
            protocol_of(ip),
            family_of(ip),
            abi::TupleKind::connection};
}

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
                                                const abi::Settings& settings) {
    abi::Bucket* bucket = env.bucket(place.home);
    if (!bucket) return nullptr;
    uint32_t line = line_with(*bucket, place.tag);
    if (!line) {
        if (!(load_once(state_of(*bucket)) & abi::bucket_state::overflow_mask)) return nullptr;
        bucket = env.bucket(other_bucket(place.home, place.tag, settings.bucket_mask));
        if (!bucket) return nullptr;
        line = line_with(*bucket, place.tag);
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

// Is the tunnel of the commonest kind, IP in IP, on a path of which nothing is known?
TURNOUT_INLINE bool is_plain_tunnel(const abi::Settings& settings, const abi::Server& server) {
    return server.tunnel_type == abi::TunnelType::ipip && !is_none(server.tunnel_source) &&
           !load_once(server.path_mtu) &&
           !(settings.flags & abi::settings_flag::no_path_mtu_discovery);
}

// The neighbour that gets a packet of so many bytes from this lane, or null.
template <class Env>
TURNOUT_INLINE const abi::Neighbour* take_to(Env& env, abi::HopRef hop, uint32_t length,
                                             abi::Tick now) {
    if (!abi::is_recent(hop, now)) return nullptr;
    // Row 0, which is nobody's, has no MTU.
    const abi::Neighbour* to = env.neighbour(abi::neighbour_of(hop));
    return to && length <= to->mtu && env.can_transmit(to->interface) ? to : nullptr;
}

// The next hop of a request is remembered with its server, that of a reply with its connection.
template <class Ip, class Env>
TURNOUT_INLINE const abi::Neighbour* find_next_hop(Env& env, const abi::Settings& settings,
                                                   const Passage<Ip>& packet,
                                                   const abi::Connection& connection,
                                                   const abi::Server& server, Request,
                                                   abi::Tick now) {
    uint32_t length = packet.length;
    if (abi::method_of(connection.status) == abi::Method::tunnel) {
        if (!is_plain_tunnel(settings, server)) return nullptr;
        length += ip_header_size(server.family);
    }
    return take_to(env, load_once(server.hop), length, now);
}
template <class Ip, class Env>
TURNOUT_INLINE const abi::Neighbour* find_next_hop(Env& env, const abi::Settings&,
                                                   const Passage<Ip>& packet,
                                                   const abi::Connection& connection,
                                                   const abi::Server& server, Reply,
                                                   abi::Tick now) {
    if (abi::method_of(connection.status) != abi::Method::nat ||
        !(server_port(connection, server) == transport_of(packet).ports.source) ||
        !is(server.address, packet.ip->source))
        return nullptr;
    return take_to(env, load_once(connection.reply_hop), packet.length, now);
}

// What NAT puts in place of the end that it hides.
struct End {
    const abi::Address& address;
    be16 port;
};
TURNOUT_INLINE End other_end(const abi::Connection& connection, const abi::Server& server,
                             Request) {
    return {server.address, server_port(connection, server)};
}
TURNOUT_INLINE End other_end(const abi::Connection& connection, const abi::Server&, Reply) {
    return {connection.tuple.virtual_address, connection.tuple.virtual_port};
}

template <class Ip, class Way, class Env>
TURNOUT_INLINE bool translate(Env& env, const Passage<Ip>& packet,
                              const abi::Connection& connection, const abi::Server& server,
                              Way way) {
    constexpr bool source = Way::direction == Direction::reply;
    const End to = other_end(connection, server, way);
    Ports& ports = transport_of(packet).ports;
    be16& port = source ? ports.source : ports.destination;
    const uint64_t of_port = difference(port, to.port);
    port = to.port;
    const uint64_t of_address = detail::set_address(*packet.ip, source, to.address);
    const uint32_t field = ip_offset + sizeof(Ip) + checksum_field(protocol_of(*packet.ip));
    const bool udp = !is_tcp(packet);
    // IPv4's own checksum makes up for other addresses.
    if (sizeof(Ip) == sizeof(Ipv6Header)) env.note_written(of_address);
    return env.amend_checksum(field, of_address, of_port, udp);
}

// `ip` is what it will be inside.
template <class Ip, class Env>
TURNOUT_INLINE bool encapsulate(Env& env, const Ip& ip, const abi::Server& server) {
    Packet inner;
    inner.family = family_of(ip);
    inner.ttl = static_cast<uint8_t>(hops_of(ip) + 1);
    inner.tos = traffic_class(ip);
    inner.ip_length = length_of(ip);
    inner.dont_fragment = has_dont_fragment(ip);
    return put_outer_header(env, inner, server, 0, protocol_of_inner(inner.family), true);
}

template <class Env>
TURNOUT_INLINE Verdict drop_unsent(Env& env) {
    env.count_drop(abi::Drop::send_failed);
    return Verdict::drop;
}

template <class Ip, class Way, class Env>
TURNOUT_INLINE Verdict send(Env& env, const Passage<Ip>& packet, const abi::Connection& connection,
                            const abi::Server& server, Way way, const abi::Neighbour& to) {
    detail::take_hop(env, *packet.ip);
    const abi::Method method = abi::method_of(connection.status);
    if (Way::direction == Direction::request && method == abi::Method::tunnel)
        return encapsulate(env, *packet.ip, server) ? env.transmit(to) : drop_unsent(env);
    if (method == abi::Method::nat && !translate(env, packet, connection, server, way))
        return drop_unsent(env);
    // Of the complete lane's packet the bytes may have moved.
    if constexpr (Env::is_complete())
        return env.transmit(to);
    else
        return env.transmit(ethernet_of(packet), to);
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
    abi::Connection* connection = find_connection(env, place, packet, way, rest, settings);
    if (!connection || expired(*connection, now)) return whole_way;
    const abi::Server* server = env.server(connection->server);
    // All flags of a server tell something unusual.
    if (!server || server->flags) return whole_way;
    // Not of every packet: that timeouts are others now is found out soon enough.
    const bool first_in_tick = connection->last_seen != now;
    if (first_in_tick && !keeps_timeout(env, packet, *connection, *server)) return whole_way;
    const abi::Neighbour* to = find_next_hop(env, settings, packet, *connection, *server, way, now);
    if (!to) return whole_way;

    if (first_in_tick) store_once(connection->last_seen, now);
    account(env, connection->server, Way::direction, packet.length);
    return {true, send(env, packet, *connection, *server, way, *to)};
}

template <class Ip, Environment Env>
TURNOUT_INLINE Decision go(Env& env, const abi::Settings& settings, const Window& window) {
    Passage<Ip> packet;
    if (!read(env, window, packet) || hops_of(*packet.ip) <= 1) return whole_way;
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
