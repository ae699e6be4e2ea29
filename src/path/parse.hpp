// Step 1: what is this packet, and could it be ours?
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "wire/ethernet.hpp"
#include "wire/ip.hpp"
#include "wire/transport.hpp"

namespace turnout {

inline constexpr uint32_t ip_offset = sizeof(EthernetHeader);

// What later steps know of a packet.
struct Packet {
    abi::Address source;
    abi::Address destination;
    be16 source_port;
    be16 destination_port;
    uint8_t protocol;
    abi::Family family;
    uint8_t ttl;                // IPv6: the hop limit
    uint8_t tos;                // IPv6: the traffic class
    uint8_t tcp_flags;          // tcp_flag bits; 0 for UDP
    bool dont_fragment;         // the DF bit, which IPv6 does not have
    uint32_t transport_offset;  // from the Ethernet header
    uint32_t ip_length;         // bytes, IP header included
};

namespace detail {

TURNOUT_INLINE abi::Address ipv4_address(be32 address) {
    return {{address, be32{0}, be32{0}, be32{0}}};
}

TURNOUT_INLINE abi::Address ipv6_address(const be32 (&words)[4]) {
    return {{words[0], words[1], words[2], words[3]}};
}

TURNOUT_INLINE bool parse_ipv4(const Window& window, Packet& packet) {
    const auto* ip = header_at<Ipv4Header>(window, ip_offset);
    if (!ip || ip->version_and_length >> 4 != 4 || header_length(*ip) < sizeof(Ipv4Header))
        return false;
    if (ip->fragment.raw & ipv4_fragment::is_part.raw) return false;
    packet.family = abi::Family::ipv4;
    packet.source = ipv4_address(ip->source);
    packet.destination = ipv4_address(ip->destination);
    packet.protocol = ip->protocol;
    packet.ttl = ip->ttl;
    packet.tos = ip->tos;
    packet.dont_fragment = ip->fragment.raw & ipv4_fragment::dont.raw;
    packet.transport_offset = ip_offset + header_length(*ip);
    packet.ip_length = to_host(ip->total_length);
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

// Goes on to the header of the transport.
TURNOUT_INLINE bool skip_extensions(const Window& window, Packet& packet) {
    for (int i = 0; i < most_extensions; ++i) {
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
    return !is_extension(packet.protocol);
}

TURNOUT_INLINE bool parse_ipv6(const Window& window, Packet& packet) {
    const auto* ip = header_at<Ipv6Header>(window, ip_offset);
    if (!ip || to_host(ip->version_class_label) >> 28 != 6) return false;
    packet.family = abi::Family::ipv6;
    packet.source = ipv6_address(ip->source);
    packet.destination = ipv6_address(ip->destination);
    packet.protocol = ip->next_header;
    packet.ttl = ip->hop_limit;
    packet.tos = traffic_class(*ip);
    packet.dont_fragment = false;
    packet.transport_offset = ip_offset + sizeof(Ipv6Header);
    packet.ip_length = static_cast<uint32_t>(sizeof(Ipv6Header)) + to_host(ip->payload_length);
    return skip_extensions(window, packet);
}

TURNOUT_INLINE bool parse_ip(const Window& window, Packet& packet) {
    const auto* ethernet = header_at<EthernetHeader>(window, 0);
    if (!ethernet) return false;
    if (is(ethernet->type, EtherType::ipv4)) return parse_ipv4(window, packet);
    return is(ethernet->type, EtherType::ipv6) && parse_ipv6(window, packet);
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
    packet.tcp_flags = 0;
    return ip_offset + packet.ip_length >= packet.transport_offset + sizeof(UdpHeader);
}

}  // namespace detail

// What an address is to us, from the filter: 0 (nobody's), or filter bits.  May claim too much,
// never too little.
template <Environment Env>
TURNOUT_INLINE uint64_t audience(Env& env, const abi::Address& address) {
    const uint32_t cell = filter_cell(address);
    const uint64_t* word = env.filter_word(cell / 32);
    return word ? *word >> (cell % 32 * 2) & 3 : 0;
}

// True for whole TCP and UDP packets; everything else is left to the kernel.
template <Environment Env>
TURNOUT_INLINE bool parse(Env& env, Packet& packet) {
    const Window window = env.window();
    if (!detail::parse_ip(window, packet)) return false;
    if (ip_offset + packet.ip_length > env.length()) return false;
    switch (static_cast<IpProtocol>(packet.protocol)) {
        case IpProtocol::tcp:
            return detail::parse_tcp(window, packet);
        case IpProtocol::udp:
            return detail::parse_udp(window, packet);
        default:
            return false;
    }
}

}  // namespace turnout
