// Errors about our own tunnels: a router on the way to a server could not deliver what we sent.
//
// The server's path MTU is remembered, and the client is told of its own packet: what was in the
// tunnel comes back to it as an error, with an MTU that leaves room for the outer headers.  IPVS
// does so for IPv4; here it is the same for IPv6 and between the families.
#pragma once

#include <stdint.h>

#include "path/forwarding/icmp_answer.hpp"
#include "table/atomic.hpp"

namespace turnout {

namespace detail {

// What routers may not ask us to go below (Linux's min_pmtu; RFC 8200, section 5).
TURNOUT_INLINE uint32_t smallest_mtu(abi::Family family) {
    return family == abi::Family::ipv6 ? 1280 : 552;
}

TURNOUT_INLINE bool is_too_big(abi::Family outer, const IcmpHeader& icmp) {
    return outer == abi::Family::ipv6 ? icmp.type == icmpv6_type::packet_too_big
                                      : icmp.type == icmp_type::destination_unreachable &&
                                            icmp.code == icmp_code::fragmentation_needed;
}

// The MTU that a router told, in bytes; 0 if it told none, as before RFC 1191.
TURNOUT_INLINE uint32_t told_mtu(abi::Family outer, const IcmpHeader& icmp) {
    uint32_t mtu = to_host(icmp.parameter);
    if (outer == abi::Family::ipv4) mtu &= 0xffff;
    const uint32_t least = smallest_mtu(outer);
    if (mtu == 0 || mtu > 0xffff) return 0;
    return mtu < least ? least : mtu;
}

// Of the other family an error is told in that one's terms; a type of 0 means: not at all.
TURNOUT_INLINE IcmpError in_terms_of(abi::Family inner, abi::Family outer, const IcmpHeader& icmp) {
    if (inner == outer) return {icmp.type, icmp.code, 0};
    if (outer == abi::Family::ipv6) {
        if (icmp.type == icmpv6_type::time_exceeded) return {icmp_type::time_exceeded, 0, 0};
        if (icmp.type == icmpv6_type::destination_unreachable)
            return {icmp_type::destination_unreachable, icmp_code::host_unreachable, 0};
        return {};
    }
    if (icmp.type == icmp_type::time_exceeded) return {icmpv6_type::time_exceeded, 0, 0};
    if (icmp.type == icmp_type::destination_unreachable)
        return {icmpv6_type::destination_unreachable, 0, 0};
    return {};
}

// What stands behind the quoted outer header: does it name the server's GUE port, if there is one?
TURNOUT_INLINE bool is_to_its_port(const Window& window, uint32_t offset,
                                   const abi::Server& server) {
    if (server.tunnel_type != abi::TunnelType::gue) return true;
    const auto* ports = header_at<Ports>(window, offset);
    return ports && ports->destination == server.tunnel_port;
}

// The quoted outer header stands behind the ICMP header; was it to this server's tunnel?
TURNOUT_INLINE bool is_about(const Window& window, const Packet& packet,
                             const abi::Server& server) {
    const uint32_t offset = packet.transport_offset + static_cast<uint32_t>(sizeof(IcmpHeader));
    const uint8_t protocol = tunnel_protocol(server, packet.family);
    if (!is_to_its_port(window, offset + ip_header_size(server.family), server)) return false;
    if (server.family == abi::Family::ipv4) {
        const auto* ip = header_at<Ipv4Header>(window, offset);
        return ip && ip->protocol == protocol && ip->destination == server.address.word[0];
    }
    const auto* ip = header_at<Ipv6Header>(window, offset);
    return ip && ip->next_header == protocol && abi::address_of(ip->destination) == server.address;
}

// The client is told by a new checksum: the error's own has to be right.
template <class Env>
TURNOUT_INLINE bool is_intact(Env& env, const Packet& packet, abi::Family outer) {
    const uint32_t length = ip_offset + packet.ip_length - packet.transport_offset;
    uint64_t sum = env.sum(packet.transport_offset, length);
    if (outer == abi::Family::ipv6) {
        const auto* ip = header_at<Ipv6Header>(env.window(), ip_offset);
        if (!ip) return false;
        sum += pseudo_sum(abi::address_of(ip->source), abi::address_of(ip->destination),
                          static_cast<uint8_t>(IpProtocol::icmpv6), length);
    }
    return fold(sum) == 0xffff;
}

// Leaves of the packet what was in the tunnel.
template <class Env>
TURNOUT_INLINE bool unwrap(Env& env, Packet& packet) {
    if (!env.pull(packet.quoted_offset - ip_offset)) return false;
    auto* ethernet = header_at<EthernetHeader>(env.window(), 0);
    if (!ethernet) return false;
    ethernet->type = ether_type_of(packet.family);
    packet.ip_length -= packet.quoted_offset - ip_offset;
    if (packet.family == abi::Family::ipv6) return true;
    const auto* ip = header_at<Ipv4Header>(env.window(), ip_offset);
    if (!ip) return false;
    packet.tos = ip->tos;
    return true;
}

}  // namespace detail

// See Environment::relay_tunnel_error.
template <class Env>
TURNOUT_INLINE Relayed relay_tunnel_error(Env& env, Packet& packet, uint32_t server_id) {
    abi::Server* server = env.server(server_id);
    if (!server) return Relayed::not_ours;
    const Window window = env.window();
    const auto* icmp = header_at<IcmpHeader>(window, packet.transport_offset);
    if (!icmp || !detail::is_about(window, packet, *server)) return Relayed::not_ours;
    if (!detail::is_intact(env, packet, server->family)) return Relayed::taken;
    IcmpError error = detail::in_terms_of(packet.family, server->family, *icmp);
    if (detail::is_too_big(server->family, *icmp)) {
        const uint32_t mtu = detail::told_mtu(server->family, *icmp);
        if (!mtu) return Relayed::taken;
        store_once(server->path_mtu, abi::path_mtu(mtu, abi::coarse_second(env.now())));
        // Else the tunnel's packets are fragmented from now on.
        const bool client_asks = packet.dont_fragment || packet.family == abi::Family::ipv6;
        if (!client_asks) return Relayed::taken;
        error = too_big(packet.family, mtu - outer_size(*server));
    }
    if (!error.type || !detail::unwrap(env, packet)) return Relayed::taken;
    return turn_into_error(env, packet, error, packet.destination) ? Relayed::turned
                                                                   : Relayed::taken;
}

}  // namespace turnout
