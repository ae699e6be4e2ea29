// What kind of tunnel leads to a server, and how much it adds to a packet.
#pragma once

#include <stdint.h>

#include "abi/rows.hpp"
#include "wire/ethernet.hpp"
#include "wire/gre.hpp"
#include "wire/gue.hpp"
#include "wire/ip.hpp"
#include "wire/transport.hpp"

namespace turnout {

// Bytes of an IP header without options: an outer header has none.
TURNOUT_INLINE uint32_t ip_header_size(abi::Family family) {
    return family == abi::Family::ipv6 ? sizeof(Ipv6Header) : sizeof(Ipv4Header);
}

TURNOUT_INLINE be16 ether_type_of(abi::Family family) {
    const bool ipv6 = family == abi::Family::ipv6;
    return to_be(static_cast<uint16_t>(ipv6 ? EtherType::ipv6 : EtherType::ipv4));
}

TURNOUT_INLINE uint8_t protocol_of_inner(abi::Family inner) {
    return static_cast<uint8_t>(inner == abi::Family::ipv6 ? IpProtocol::ipv6 : IpProtocol::ipv4);
}

// The outer IP header's protocol.
TURNOUT_INLINE uint8_t tunnel_protocol(const abi::Server& server, abi::Family inner) {
    if (server.tunnel_type == abi::TunnelType::gue) return static_cast<uint8_t>(IpProtocol::udp);
    if (server.tunnel_type == abi::TunnelType::gre) return static_cast<uint8_t>(IpProtocol::gre);
    return protocol_of_inner(inner);
}

// Should its header have a checksum?  In GUE remote checksum offload asks for one as well.
TURNOUT_INLINE bool wants_checksum(const abi::Server& server) {
    uint16_t asking = abi::tunnel_flag::checksum;
    if (server.tunnel_type == abi::TunnelType::gue) asking |= abi::tunnel_flag::remote_checksum;
    return server.tunnel_type != abi::TunnelType::ipip && server.tunnel_flags & asking;
}

// Bytes between the outer IP header and the packet.
TURNOUT_INLINE uint32_t tunnel_header_size(const abi::Server& server, bool with_checksum) {
    if (server.tunnel_type == abi::TunnelType::gue) return sizeof(UdpHeader) + sizeof(GueHeader);
    if (server.tunnel_type == abi::TunnelType::ipip) return 0;
    return static_cast<uint32_t>(sizeof(GreHeader) + (with_checksum ? sizeof(GreChecksum) : 0));
}

// All that is put before a packet that goes whole.
TURNOUT_INLINE uint32_t outer_size(const abi::Server& server) {
    return ip_header_size(server.family) + tunnel_header_size(server, wants_checksum(server));
}

}  // namespace turnout
