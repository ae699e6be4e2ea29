// IP-in-IP tunnelling (RFC 2003): the packet whole, behind an outer header for the server.
//
// The outer header is IPVS's: TTL of the inner one (already decremented), its TOS with the ECN
// rules of RFC 3168 section 9.1 (full functionality), its DF bit, identification 0 with DF set.
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "path/parse.hpp"
#include "wire/checksum.hpp"

namespace turnout {

inline constexpr uint32_t tunnel_overhead = sizeof(Ipv4Header);

namespace detail {

inline constexpr uint8_t ecn_mask = 3, ecn_congested = 3, ecn_capable_0 = 2;

TURNOUT_INLINE uint8_t outer_tos(uint8_t inner) {
    const bool congested = (inner & ecn_mask) == ecn_congested;
    return congested ? static_cast<uint8_t>((inner & ~ecn_mask) | ecn_capable_0) : inner;
}

TURNOUT_INLINE be16 header_checksum(const Ipv4Header& ip) {
    const uint64_t sum = static_cast<uint64_t>(ip.version_and_length | ip.tos << 8) +
                         ip.total_length.raw + ip.id.raw + ip.fragment.raw +
                         static_cast<uint64_t>(ip.ttl | ip.protocol << 8) + ip.source.raw +
                         ip.destination.raw;
    static_assert(host_is_little_endian, "byte pairs are summed as they lie in memory");
    return {static_cast<uint16_t>(~fold(sum))};
}

}  // namespace detail

// False when the kernel refused; the packet must then be dropped.
template <Environment Env>
TURNOUT_INLINE bool encapsulate(Env& env, const Packet& packet, const abi::Server& server) {
    const auto* inner = header_at<Ipv4Header>(env.window(), ip_offset);
    if (!inner) return false;
    Ipv4Header outer{};
    outer.version_and_length = 0x45;
    outer.tos = detail::outer_tos(inner->tos);
    outer.total_length = to_be(static_cast<uint16_t>(packet.ip_length + tunnel_overhead));
    outer.fragment.raw = inner->fragment.raw & ipv4_fragment::dont.raw;
    if (!outer.fragment.raw) outer.id.raw = static_cast<uint16_t>(env.random());
    outer.ttl = inner->ttl;
    outer.protocol = static_cast<uint8_t>(IpProtocol::ipip);
    outer.source = server.tunnel_source.word[0];
    outer.destination = server.address.word[0];
    outer.checksum = detail::header_checksum(outer);

    if (!env.push(tunnel_overhead)) return false;
    const Window window = env.window();
    auto* ip = header_at<Ipv4Header>(window, ip_offset);
    auto* ethernet = header_at<EthernetHeader>(window, 0);
    if (!ip || !ethernet) return false;
    *ip = outer;
    ethernet->type = to_be(static_cast<uint16_t>(EtherType::ipv4));
    return true;
}

}  // namespace turnout
