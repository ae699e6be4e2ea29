// Step 1: what is this packet, and could it be ours?
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "path/inside_tunnel.hpp"
#include "path/packet.hpp"
#include "wire/ethernet.hpp"
#include "wire/icmp.hpp"
#include "wire/ip.hpp"
#include "wire/transport.hpp"

namespace turnout {

namespace detail {

TURNOUT_INLINE bool parse_ipv4(const Window& window, uint32_t offset, Packet& packet) {
    const auto* ip = header_at<Ipv4Header>(window, offset);
    if (!ip || ip->version_and_length >> 4 != 4 || header_length(*ip) < sizeof(Ipv4Header))
        return false;
    packet.family = abi::Family::ipv4;
    packet.source = abi::address_of(ip->source);
    packet.destination = abi::address_of(ip->destination);
    packet.protocol = ip->protocol;
    packet.ttl = ip->ttl;
    packet.tos = ip->tos;
    packet.dont_fragment = has_dont_fragment(*ip);
    packet.part = ip->fragment.raw & ipv4_fragment::offset.raw ? Part::later
                  : ip->fragment.raw & ipv4_fragment::more.raw ? Part::first
                                                               : Part::whole;
    packet.fragment_id.raw = ip->id.raw;
    packet.transport_offset = offset + header_length(*ip);
    packet.ip_length = length_of(*ip);
    return true;
}

// More extension headers than RFC 8200 knows, or farther than a window reaches: then the packet is
// left to the kernel.
inline constexpr int most_extensions = 6;
inline constexpr uint32_t farthest_transport = 0x180;

TURNOUT_INLINE bool is_extension(uint8_t protocol) {
    const auto kind = static_cast<IpProtocol>(protocol);
    return kind == IpProtocol::hop_by_hop || kind == IpProtocol::routing ||
           kind == IpProtocol::destination_options;
}

TURNOUT_INLINE bool skip_fragment_header(const Window& window, Packet& packet) {
    const auto* header = header_at<Ipv6Fragment>(window, packet.transport_offset);
    if (!header) return false;
    const uint16_t place = to_host(header->offset_and_more);
    packet.part = place & 0xfff8 ? Part::later : place & 1 ? Part::first : Part::whole;
    packet.fragment_id = header->id;
    packet.protocol = header->next_header;
    packet.transport_offset += static_cast<uint32_t>(sizeof *header);
    return true;
}

// Goes on to the header of the transport, or to what a later fragment has in its place.
TURNOUT_INLINE bool skip_extensions(const Window& window, Packet& packet) {
    for (int i = 0; i < most_extensions; ++i) {
        if (packet.part == Part::later) return true;
        if (static_cast<IpProtocol>(packet.protocol) == IpProtocol::fragment) {
            if (!skip_fragment_header(window, packet)) return false;
            continue;
        }
        if (!is_extension(packet.protocol)) return true;
        const auto* extension = header_at<Ipv6Extension>(window, packet.transport_offset);
        if (!extension) return false;
        const bool routing = static_cast<IpProtocol>(packet.protocol) == IpProtocol::routing;
        // The packet is not where it is going yet.
        if (routing && extension->segments_left) return false;
        packet.protocol = extension->next_header;
        packet.transport_offset += (extension->length + 1u) * 8;
        if (packet.transport_offset > farthest_transport) return false;
    }
    return packet.part == Part::later || !is_extension(packet.protocol);
}

TURNOUT_INLINE bool parse_ipv6(const Window& window, uint32_t offset, Packet& packet) {
    const auto* ip = header_at<Ipv6Header>(window, offset);
    if (!ip || to_host(ip->version_class_label) >> 28 != 6) return false;
    packet.family = abi::Family::ipv6;
    packet.source = abi::address_of(ip->source);
    packet.destination = abi::address_of(ip->destination);
    packet.protocol = ip->next_header;
    packet.ttl = ip->hop_limit;
    packet.tos = traffic_class(*ip);
    packet.dont_fragment = false;
    packet.part = Part::whole;
    packet.fragment_id = be32{0};
    packet.transport_offset = offset + sizeof(Ipv6Header);
    packet.ip_length = length_of(*ip);
    return skip_extensions(window, packet);
}

TURNOUT_INLINE bool parse_ip(const Window& window, Packet& packet) {
    const auto* ethernet = header_at<EthernetHeader>(window, 0);
    if (!ethernet) return false;
    if (is(ethernet->type, EtherType::ipv4)) return parse_ipv4(window, ip_offset, packet);
    return is(ethernet->type, EtherType::ipv6) && parse_ipv6(window, ip_offset, packet);
}

TURNOUT_INLINE bool parse_tcp(const Window& window, Packet& packet) {
    const auto* tcp = header_at<TcpHeader>(window, packet.transport_offset);
    if (!tcp) return false;
    packet.source_port = tcp->ports.source;
    packet.destination_port = tcp->ports.destination;
    packet.tcp_flags = tcp->flags;
    return ip_offset + packet.ip_length >= packet.transport_offset + sizeof(TcpHeader);
}

TURNOUT_INLINE bool parse_udp(const Window& window, Packet& packet) {
    const auto* udp = header_at<UdpHeader>(window, packet.transport_offset);
    if (!udp) return false;
    packet.source_port = udp->ports.source;
    packet.destination_port = udp->ports.destination;
    return ip_offset + packet.ip_length >= packet.transport_offset + sizeof(UdpHeader);
}

TURNOUT_INLINE bool has_ports(uint8_t protocol) {
    const auto kind = static_cast<IpProtocol>(protocol);
    return kind == IpProtocol::tcp || kind == IpProtocol::udp || kind == IpProtocol::sctp;
}

// Enough for an error's headers and those it quotes, with options.
inline constexpr uint32_t icmp_error_headers = 256;

TURNOUT_INLINE bool parse_ip_of(const Window& window, abi::Family family, uint32_t offset,
                                Packet& packet) {
    return family == abi::Family::ipv6 ? parse_ipv6(window, offset, packet)
                                       : parse_ipv4(window, offset, packet);
}

// An error about a packet of the flow: turned round, it is an answer to that packet.
TURNOUT_INLINE void turn_round(Packet& packet) {
    const abi::Address source = packet.source;
    packet.source = packet.destination;
    packet.destination = source;
    const be16 port = packet.source_port;
    packet.source_port = packet.destination_port;
    packet.destination_port = port;
}

TURNOUT_INLINE bool read_quoted_ports(const Window& window, Packet& packet) {
    const auto* ports = header_at<Ports>(window, packet.transport_offset);
    if (!has_ports(packet.protocol) || packet.part == Part::later || !ports) return false;
    packet.part = Part::whole;
    packet.source_port = ports->source;
    packet.destination_port = ports->destination;
    return true;
}

// Goes on from a quoted packet of a tunnel of ours to the one inside, and tells where that begins.
TURNOUT_INLINE bool enter_tunnel(const Window& window, Packet& packet, uint32_t& quoted) {
    const Inside inside = inside_of(window, packet);
    if (inside.family == abi::Family::none) return false;
    if (!parse_ip_of(window, inside.family, inside.offset, packet)) return false;
    if (!read_quoted_ports(window, packet)) return false;
    // Any UDP packet may look like GUE; ours come from the port that belongs to what is inside.
    if (inside.flow_port.raw && !(inside.flow_port == flow_port(packet))) return false;
    quoted = inside.offset;
    return true;
}

// The quoted packet may be cut anywhere behind its ports.
TURNOUT_INLINE bool parse_quoted(const Window& window, bool with_tunnels, Packet& packet) {
    const bool ipv6 = packet.family == abi::Family::ipv6;
    const auto* icmp = header_at<IcmpHeader>(window, packet.transport_offset);
    if (!icmp || !(ipv6 ? is_icmpv6_error(icmp->type) : is_icmp_error(icmp->type))) return false;
    const Packet error = packet;
    uint32_t quoted = error.transport_offset + static_cast<uint32_t>(sizeof *icmp);
    if (!parse_ip_of(window, error.family, quoted, packet)) return false;
    // Errors come to whom they are about.
    if (!(packet.source == error.destination)) return false;
    packet.about_tunnel = with_tunnels && enter_tunnel(window, packet, quoted);
    if (!packet.about_tunnel) {
        if (with_tunnels && !parse_ip_of(window, error.family, quoted, packet)) return false;
        if (!read_quoted_ports(window, packet)) return false;
        turn_round(packet);
    }
    packet.quoted_offset = quoted;
    packet.quoted_transport = packet.transport_offset;
    packet.transport_offset = error.transport_offset;
    packet.ip_length = error.ip_length;
    packet.ttl = error.ttl;
    packet.tos = error.tos;
    if (!packet.about_tunnel) packet.dont_fragment = error.dont_fragment;
    return true;
}

}  // namespace detail

// The rest of parse(), for what came out to be ICMP; see Environment::parse_icmp.
template <class Env>
TURNOUT_INLINE bool parse_icmp(Env& env, Packet& packet) {
    env.gather(detail::icmp_error_headers);
    return detail::parse_quoted(env.window(), Env::is_complete(), packet);
}

namespace detail {

// A super-packet beyond 64 KiB ("BIG TCP") says 0 for its length.
template <Environment Env>
TURNOUT_INLINE void measure(Env& env, Packet& packet) {
    const bool ipv6 = packet.family == abi::Family::ipv6;
    const uint32_t silent = ipv6 ? static_cast<uint32_t>(sizeof(Ipv6Header)) : 0;
    if (packet.ip_length == silent && env.segment_size() != 0)
        packet.ip_length = env.length() - ip_offset;
}

}  // namespace detail

// What an address is to us, from the filter: 0 (nobody's), or filter bits.  May claim too much,
// never too little.
template <Environment Env>
TURNOUT_INLINE uint8_t audience(Env& env, const abi::Address& address) {
    const uint8_t* cell = env.filter_cell(filter_cell(address));
    return cell ? *cell : uint8_t{0};
}

// True for TCP, UDP and SCTP packets, whole or in fragments, and for ICMP errors about such;
// everything else is left to the kernel.
template <Environment Env>
TURNOUT_INLINE bool parse(Env& env, Packet& packet) {
    const Window window = env.window();
    packet.tcp_flags = 0;
    packet.source_port = packet.destination_port = be16{0};
    packet.quoted_offset = packet.quoted_transport = 0;
    packet.about_tunnel = false;
    if (!detail::parse_ip(window, packet)) return false;
    if constexpr (Env::is_complete()) detail::measure(env, packet);
    if (!env.has(ip_offset + packet.ip_length)) return false;
    if (packet.part == Part::later) return detail::has_ports(packet.protocol);
    const bool ipv6 = packet.family == abi::Family::ipv6;
    switch (static_cast<IpProtocol>(packet.protocol)) {
        case IpProtocol::tcp:
            return detail::parse_tcp(window, packet);
        case IpProtocol::udp:
            return detail::parse_udp(window, packet);
        case IpProtocol::sctp:
            return env.parse_sctp(packet);
        case IpProtocol::icmp:
            return !ipv6 && packet.part == Part::whole && env.parse_icmp(packet);
        case IpProtocol::icmpv6:
            return ipv6 && packet.part == Part::whole && env.parse_icmp(packet);
        default:
            return false;
    }
}

}  // namespace turnout
