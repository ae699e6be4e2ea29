// Step 6: hand the packet to its server, or the reply to its client.
//
// First everything that could stand in the way is looked at (prepare), and only then anything is
// changed (forward): a lane that cannot finish has left no trace.
#pragma once

#include <stdint.h>

#include "path/find_connection.hpp"
#include "path/forwarding/icmp_answer.hpp"
#include "path/forwarding/nat.hpp"
#include "path/forwarding/pieces.hpp"
#include "path/forwarding/take_hop.hpp"
#include "path/forwarding/tunnel.hpp"
#include "path/forwarding/tunnel_checksum.hpp"
#include "path/helpers/ftp_control.hpp"
#include "path/next_hop.hpp"
#include "wire/verifier.hpp"

namespace turnout {

// Where a packet goes from here.
enum class Way : uint8_t {
    neighbour,
    host,    // to this machine itself: it is the server, or the client
    onward,  // as the kernel has routed it: this machine is the server and answers
};

// What leaves in pieces: nothing, the packet itself, or what a tunnel has made of it.
enum class Pieces : uint8_t { none, of_packet, of_tunnel };

// A packet ready to go, or why it cannot.
struct Delivery {
    abi::Server* server;
    abi::Method method;
    Way way;
    Hop hop;        // of a neighbour
    uint32_t mtu;   // see mtu_of()
    Pieces pieces;  // of a packet that does not fit, but may be fragmented
};

enum class Readiness : uint8_t {
    ready,
    for_another_lane,
    to_come_in_again,
    server_removed,
    no_route,
    no_tunnel_source,
    ttl_expired,
    too_big,
};

namespace detail {

// The largest packet that goes whole to where this one goes, in bytes; 0: not known.
TURNOUT_INLINE uint32_t mtu_of(const Delivery& delivery, abi::Tick now) {
    uint32_t mtu = delivery.hop.neighbour->mtu;
    if (delivery.method != abi::Method::tunnel || mtu == 0) return mtu;
    const abi::PathMtu told = load_once(delivery.server->path_mtu);
    if (abi::is_current(told, now))
        mtu = abi::bytes_of(told) < mtu ? abi::bytes_of(told) : mtu;
    else if (told)
        store_once(delivery.server->path_mtu, abi::PathMtu{0});
    // Forgotten, or all that follows would be verified for each kind of tunnel.
    return forgotten(mtu - outer_size(*delivery.server), now);
}

// The size that counts of a packet: of a super-packet, that of its segments.
template <Environment Env>
TURNOUT_INLINE uint32_t size_on_the_wire(Env& env, const Packet& packet) {
    const uint32_t segment = env.segment_size();
    if (segment == 0) return packet.ip_length;
    // SCTP's are as large as each was made, by the path MTU that its sender knows: none is told.
    if (static_cast<IpProtocol>(packet.protocol) == IpProtocol::sctp) return 0;
    uint32_t headers = packet.transport_offset - ip_offset;
    if (static_cast<IpProtocol>(packet.protocol) != IpProtocol::tcp)
        return headers + static_cast<uint32_t>(sizeof(UdpHeader)) + segment;
    if (const auto* tcp = header_at<TcpHeader>(env.window(), packet.transport_offset))
        headers += header_length(*tcp);
    return headers + segment;
}

// An error is never told that it is too big itself.
template <Environment Env>
TURNOUT_INLINE bool fits(Env& env, const Packet& packet, const Delivery& delivery) {
    return delivery.mtu == 0 || is_icmp_error(packet) ||
           size_on_the_wire(env, packet) <= delivery.mtu;
}

// How may a packet that does not fit be fragmented?  Itself, so that the far end of a tunnel need
// not put anything together; but not its IP options, which would not belong into every piece, nor
// what GUE and GRE put before it.
template <Environment Env>
TURNOUT_INLINE Pieces may_be_cut(Env& env, const Packet& packet, const Delivery& delivery) {
    if (packet.family != abi::Family::ipv4 || packet.dont_fragment || env.segment_size() != 0 ||
        packet.ip_length > most_in_pieces || is_unfinished_sctp(env, packet))
        return Pieces::none;
    const bool tunnel = delivery.method == abi::Method::tunnel;
    const bool options = packet.transport_offset != ip_offset + sizeof(Ipv4Header);
    const bool bare = !tunnel || delivery.server->tunnel_type == abi::TunnelType::ipip;
    if (bare && !options) return Pieces::of_packet;
    const bool cuttable =
        tunnel && packet.ip_length + outer_size(*delivery.server) <= most_in_pieces;
    return cuttable ? Pieces::of_tunnel : Pieces::none;
}

// A fast lane reads no payload: not even to sum it up for an outer checksum.
template <Environment Env>
TURNOUT_INLINE bool can_wrap(Env& env, const Packet& packet, const abi::Server& server) {
    return Env::is_complete() || inner_sum_of(env, packet, server) != InnerSum::to_be_summed;
}

// A fast lane leaves what it cannot finish, and every refusal, to the complete lane.
template <Environment Env>
TURNOUT_INLINE Readiness otherwise(Readiness readiness) {
    return Env::is_complete() ? readiness : Readiness::for_another_lane;
}

// Where does a request go?  For a server on this machine there is no hop, no MTU and no tunnel.
template <Environment Env>
TURNOUT_INLINE Readiness find_server(Env& env, abi::Tick now, Delivery& delivery) {
    abi::Server& server = *delivery.server;
    if (server.flags & abi::server_flag::local) {
        delivery.way = Way::host;
        if (delivery.method != abi::Method::nat) delivery.method = abi::Method::local;
        return otherwise<Env>(Readiness::ready);
    }
    find_next_hop(env, server.address, server.family, server.hop, now, delivery.hop);
    return delivery.hop.state == HopState::no_route ? Readiness::no_route : Readiness::ready;
}

// Where does a reply go?  Without a route it is for a client on this machine; or for nobody, as the
// host will find out.
template <Environment Env>
TURNOUT_INLINE Readiness find_client(Env& env, const Packet& packet, abi::Connection& connection,
                                     abi::Tick now, Delivery& delivery) {
    if (env.is_outgoing()) {
        delivery.way = Way::onward;
        return Readiness::ready;
    }
    find_next_hop(env, packet.destination, packet.family, connection.hop, now, delivery.hop);
    if (delivery.hop.state == HopState::no_route) delivery.way = Way::host;
    return Readiness::ready;
}

}  // namespace detail

template <Environment Env>
TURNOUT_INLINE Readiness prepare(Env& env, const abi::Settings& settings, Packet& packet,
                                 Flow& flow, abi::Tick now, Delivery& delivery) {
    using detail::otherwise;
    abi::Connection& connection = *flow.connection;
    delivery.server = env.server(connection.server);
    if (!delivery.server) return Readiness::server_removed;
    delivery.method = abi::method_of(connection.status);
    if (!Env::is_complete() && load_once(connection.status) & abi::status::helped)
        return Readiness::for_another_lane;
    const bool request = flow.direction == Direction::request;
    if (request && delivery.server->flags & abi::server_flag::removed && !is_icmp_error(packet))
        return Readiness::server_removed;

    const Readiness found = request ? detail::find_server(env, now, delivery)
                                    : detail::find_client(env, packet, connection, now, delivery);
    if (found != Readiness::ready || delivery.way != Way::neighbour) return found;
    if (packet.ttl <= 1) return otherwise<Env>(Readiness::ttl_expired);
    // While a neighbour is asked for, the kernel lets packets wait by the route that they have, and
    // one that this machine sends has another than ours.
    if (delivery.hop.state == HopState::asked && env.is_outgoing() &&
        !delivery.hop.route->neighbour_known)
        return Readiness::to_come_in_again;
    if (delivery.hop.state == HopState::unknown) return Readiness::for_another_lane;
    if (!env.can_transmit(delivery.hop.neighbour->interface)) return Readiness::for_another_lane;
    delivery.mtu = detail::mtu_of(delivery, now);
    // pmtu_disc: without it, no packet is too big for a tunnel, and no tunnel's packet has DF.
    if (delivery.method == abi::Method::tunnel &&
        settings.flags & abi::settings_flag::no_path_mtu_discovery)
        packet.dont_fragment = false;
    if (!detail::fits(env, packet, delivery)) {
        if constexpr (Env::is_complete())
            delivery.pieces = static_cast<Pieces>(
                forgotten(static_cast<uint32_t>(detail::may_be_cut(env, packet, delivery)), now));
        if (delivery.pieces == Pieces::none) return otherwise<Env>(Readiness::too_big);
    }
    if (delivery.method != abi::Method::tunnel) return Readiness::ready;
    if (is_none(delivery.server->tunnel_source)) return Readiness::no_tunnel_source;
    if (!detail::can_wrap(env, packet, *delivery.server)) return Readiness::for_another_lane;
    return Readiness::ready;
}

namespace detail {

TURNOUT_INLINE Rewrite rewrite_of(const Packet& packet, const Flow& flow,
                                  const abi::Server& server) {
    const abi::Tuple& tuple = flow.connection->tuple;
    if (flow.direction == Direction::request)
        return {packet.destination, server.address, packet.destination_port,
                server_port(*flow.connection, server)};
    return {packet.source, tuple.virtual_address, packet.source_port, tuple.virtual_port};
}

template <Environment Env>
TURNOUT_INLINE bool nat(Env& env, const Packet& packet, Direction direction,
                        const Rewrite& rewrite) {
    return is_icmp_error(packet) ? env.rewrite_icmp_error(packet, direction, rewrite)
                                 : rewrite_packet(env, packet, direction, rewrite);
}

template <Environment Env>
TURNOUT_INLINE bool shape(Env& env, const Packet& packet, const Flow& flow,
                          const Delivery& delivery) {
    if (delivery.way == Way::neighbour && !take_hop(env, packet)) return false;
    switch (delivery.method) {
        case abi::Method::nat:
            return nat(env, packet, flow.direction, rewrite_of(packet, flow, *delivery.server));
        case abi::Method::tunnel:
            return encapsulate(env, packet, *delivery.server, flow.connection->server,
                               delivery.pieces != Pieces::none);
        case abi::Method::direct:
        case abi::Method::local:
            break;  // goes as it is, to the server's MAC address
    }
    return true;
}

// The transport's protocol, if its checksum is left to the hardware; else 0.
template <Environment Env>
TURNOUT_INLINE uint8_t unsummed(Env& env, const Packet& packet) {
    be16 so_far{};
    const bool left = packet.part == Part::whole && is_left_to_hardware(env, packet, so_far);
    return left ? packet.protocol : uint8_t{0};
}

TURNOUT_INLINE bool is_known(const Delivery& delivery) {
    return delivery.hop.state == HopState::fresh || delivery.hop.route->neighbour_known;
}

template <Environment Env>
TURNOUT_INLINE bool send_in_pieces(Env& env, const Delivery& delivery, uint8_t unsummed) {
    const abi::Neighbour* const to = is_known(delivery) ? delivery.hop.neighbour : nullptr;
    if (delivery.pieces == Pieces::of_tunnel) {
        const uint32_t mtu = delivery.mtu + outer_size(*delivery.server);
        return !unsummed && env.send_in_pieces(mtu, to, abi::Family::none, 0);
    }
    const bool tunnel = delivery.method == abi::Method::tunnel;
    return env.send_in_pieces(delivery.mtu, to,
                              tunnel ? delivery.server->family : abi::Family::none, unsummed);
}

// A segment that has grown beyond the MTU cannot be sent; its super-packet might have been.
template <Environment Env>
TURNOUT_INLINE bool splice_all(Env& env, const Packet& packet, Location location,
                               const Delivery& delivery, uint32_t count) {
    uint32_t length = packet.ip_length;
    for (uint32_t i = 0; i < most_splices && i < count && length; ++i)
        length = env.splice(packet, location, i);
    return count == 0 || (length && (delivery.mtu == 0 || length <= delivery.mtu));
}

// A segment of an FTP control connection; why it is to be dropped, or none.
template <Environment Env>
TURNOUT_INLINE abi::Drop help(Env& env, const Packet& packet, const Flow& flow,
                              const Delivery& delivery) {
    const bool reply = flow.direction == Direction::reply;
    const Help help =
        reply ? env.help_reply(packet, flow.location) : env.help_request(packet, flow.location);
    if (help.helped == Helped::out_of_order) return abi::Drop::out_of_order;
    if (!splice_all(env, packet, flow.location, delivery, help.splices))
        return abi::Drop::send_failed;
    if (help.helped == Helped::expects_data) env.expect_data(flow.location);
    return abi::Drop::none;
}

}  // namespace detail

template <Environment Env>
TURNOUT_INLINE Verdict forward(Env& env, const Packet& packet, const Flow& flow,
                               const Delivery& delivery) {
    uint8_t unsummed = 0;
    if constexpr (Env::is_complete())
        if (delivery.pieces != Pieces::none) unsummed = detail::unsummed(env, packet);
    if constexpr (Env::is_complete())
        if (is_for_helper(packet, *flow.connection)) {
            const abi::Drop reason = detail::help(env, packet, flow, delivery);
            if (reason != abi::Drop::none) {
                env.count_drop(reason);
                return Verdict::drop;
            }
        }
    if (!detail::shape(env, packet, flow, delivery)) {
        env.count_drop(abi::Drop::send_failed);
        return Verdict::drop;
    }
    if constexpr (Env::is_complete()) {
        if (delivery.way == Way::onward) return Verdict::pass;
        if (delivery.way == Way::host) return env.hand_to_host(flow.direction);
        const bool whole = delivery.pieces == Pieces::none;
        if (!whole && !detail::send_in_pieces(env, delivery, unsummed)) {
            env.count_drop(abi::Drop::send_failed);
            return Verdict::drop;
        }
        // Of pieces the kernel may not know which family they are of.
        const bool resolving = whole || !detail::is_known(delivery);
        if (delivery.hop.state == HopState::asked && resolving)
            return env.transmit_resolving(*delivery.hop.route);
    }
    return env.transmit(*delivery.hop.neighbour);
}

}  // namespace turnout
