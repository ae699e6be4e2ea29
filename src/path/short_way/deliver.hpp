// Where a packet of the short way goes, and how it is changed and sent.
#pragma once

#include <stdint.h>

#include "path/find_connection.hpp"
#include "path/forwarding/nat.hpp"
#include "path/forwarding/take_hop.hpp"
#include "path/forwarding/tunnel.hpp"
#include "path/short_way/passage.hpp"

namespace turnout::short_way {

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

// By direct routing a request asks for its server no more than its next hop.  So its connection is
// told that one, as long as it is good, and with it that there is nothing unusual about the server:
// a line less to read where there are many servers.
template <class Way>
TURNOUT_INLINE bool may_know_next_hop(const abi::Settings& settings,
                                      const abi::Connection& connection, Way, abi::Tick now) {
    return Way::direction == Direction::request &&
           abi::method_of(connection.status) == abi::Method::direct &&
           abi::elapsed(settings.servers_settled, now) >= 0;
}

// Null when it has to be asked for.
template <class Ip, class Way, class Env>
TURNOUT_INLINE const abi::Neighbour* known_next_hop(Env& env, const abi::Settings& settings,
                                                    const Passage<Ip>& packet,
                                                    const abi::Connection& connection, Way way,
                                                    abi::Tick now) {
    if (!may_know_next_hop(settings, connection, way, now)) return nullptr;
    return take_to(env, load_once(connection.hop), packet.length, now);
}

template <class Way>
TURNOUT_INLINE void tell_next_hop(const abi::Settings& settings, abi::Connection& connection,
                                  const abi::Server& server, Way way, abi::Tick now) {
    if (may_know_next_hop(settings, connection, way, now))
        store_once(connection.hop, load_once(server.hop));
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
    return take_to(env, load_once(connection.hop), packet.length, now);
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

// Of the complete lane's packet the bytes may have moved.
template <class Ip, class Env>
TURNOUT_INLINE Verdict transmit(Env& env, const Passage<Ip>& packet, const abi::Neighbour& to) {
    if constexpr (Env::is_complete())
        return env.transmit(to);
    else
        return env.transmit(ethernet_of(packet), to);
}

template <class Ip, class Env>
TURNOUT_INLINE Verdict send_directly(Env& env, const Passage<Ip>& packet,
                                     const abi::Neighbour& to) {
    detail::take_hop(env, *packet.ip);
    return transmit(env, packet, to);
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
    return transmit(env, packet, to);
}

}  // namespace turnout::short_way
