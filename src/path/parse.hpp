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
    uint8_t ttl;
    uint8_t tcp_flags;          // tcp_flag bits; 0 for UDP
    uint32_t transport_offset;  // from the Ethernet header
    uint32_t ip_length;         // bytes, IP header included
};

namespace detail {

TURNOUT_INLINE abi::Address ipv4_address(be32 address) {
    return {{address, be32{0}, be32{0}, be32{0}}};
}

template <Environment Env>
TURNOUT_INLINE bool parse_ipv4(Env& env, const Window& window, Packet& packet) {
    const auto* ip = header_at<Ipv4Header>(window, ip_offset);
    if (!ip || ip->version_and_length >> 4 != 4 || header_length(*ip) < sizeof(Ipv4Header))
        return false;
    if (ip->fragment.raw & ipv4_fragment::is_part.raw) return false;
    packet.family = abi::Family::ipv4;
    packet.source = ipv4_address(ip->source);
    packet.destination = ipv4_address(ip->destination);
    packet.protocol = ip->protocol;
    packet.ttl = ip->ttl;
    packet.transport_offset = ip_offset + header_length(*ip);
    packet.ip_length = to_host(ip->total_length);
    return ip_offset + packet.ip_length <= env.length();
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

// True for whole TCP and UDP packets over IPv4; everything else is left to the kernel.
template <Environment Env>
TURNOUT_INLINE bool parse(Env& env, Packet& packet) {
    const Window window = env.window();
    const auto* ethernet = header_at<EthernetHeader>(window, 0);
    if (!ethernet || !is(ethernet->type, EtherType::ipv4)) return false;
    if (!detail::parse_ipv4(env, window, packet)) return false;
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
