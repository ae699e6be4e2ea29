// What the checksum of a tunnel's header needs to know: the sum of the packet inside.
//
// Where that has a transport checksum, its payload need not be read: all from the transport header
// on adds up to the complement of the pseudo header's sum, because the checksum makes it so, or
// will once hardware has filled it in ("local checksum offload").  A packet that was damaged on its
// way here thus has an outer checksum that is as wrong as its own.
#pragma once

#include <stdint.h>

#include "abi/pseudo_header.hpp"
#include "path/env.hpp"
#include "path/forwarding/tunnel_kind.hpp"
#include "wire/checksum.hpp"

namespace turnout {

// How the sum is come by.
enum class InnerSum : uint8_t {
    not_wanted,    // the header gets no checksum
    told,          // by the transport's
    to_be_summed,  // byte by byte: for complete lanes
};

namespace detail {

TURNOUT_INLINE bool has_extensions(const Packet& packet) {
    return packet.family == abi::Family::ipv6 &&
           packet.transport_offset != ip_offset + sizeof(Ipv6Header);
}

template <Environment Env>
TURNOUT_INLINE bool has_udp_checksum(Env& env, const Packet& packet) {
    const auto* udp = header_at<UdpHeader>(env.window(), packet.transport_offset);
    return udp && udp->checksum.raw;
}

}  // namespace detail

// A super-packet gets none: the kernel cuts it up after us, and fills in the outer checksums only
// of tunnels of its own.
template <Environment Env>
TURNOUT_INLINE InnerSum inner_sum_of(Env& env, const Packet& packet, const abi::Server& server) {
    if (!wants_checksum(server) || env.segment_size()) return InnerSum::not_wanted;
    // A part's transport checksum is of the whole.
    if (packet.part != Part::whole) return InnerSum::to_be_summed;
    if (!Env::is_complete() && detail::has_extensions(packet)) return InnerSum::to_be_summed;
    if (is_icmp_error(packet)) return InnerSum::told;
    switch (static_cast<IpProtocol>(packet.protocol)) {
        case IpProtocol::tcp:
            return InnerSum::told;
        case IpProtocol::udp:
            return detail::has_udp_checksum(env, packet) ? InnerSum::told : InnerSum::to_be_summed;
        default:
            // Another kind of checksum, which hardware may still have to fill in.
            return InnerSum::not_wanted;
    }
}

namespace detail {

// From the transport header to the end.
TURNOUT_INLINE uint64_t transport_sum(const Packet& packet, const abi::Address& from,
                                      const abi::Address& to, uint8_t protocol) {
    const uint32_t length = ip_offset + packet.ip_length - packet.transport_offset;
    return static_cast<uint16_t>(~fold(pseudo_sum(from, to, protocol, length)));
}

// An IPv4 header adds up to nothing, by its own checksum; and ICMP has no pseudo header.
template <Environment Env>
TURNOUT_INLINE uint64_t told_sum_ipv4(Env& env, const Packet& packet) {
    const auto* ip = header_at<Ipv4Header>(env.window(), ip_offset);
    if (!ip || is_icmp_error(packet)) return 0;
    return transport_sum(packet, abi::address_of(ip->source), abi::address_of(ip->destination),
                         ip->protocol);
}

template <Environment Env>
TURNOUT_INLINE uint64_t told_sum_ipv6(Env& env, const Packet& packet) {
    const auto* ip = header_at<Ipv6Header>(env.window(), ip_offset);
    if (!ip) return 0;
    const auto icmp = static_cast<uint8_t>(IpProtocol::icmpv6);
    const uint64_t sum =
        sum_of(*ip) + transport_sum(packet, abi::address_of(ip->source),
                                    abi::address_of(ip->destination),
                                    is_icmp_error(packet) ? icmp : packet.protocol);
    if constexpr (Env::is_complete())
        if (has_extensions(packet)) {
            constexpr uint32_t first = ip_offset + sizeof(Ipv6Header);
            return sum + env.sum(first, packet.transport_offset - first);
        }
    return sum;
}

}  // namespace detail

// The Internet checksum's sum over the packet, which must still stand where it came.
template <Environment Env>
TURNOUT_INLINE uint64_t sum_inner(Env& env, const Packet& packet, InnerSum how) {
    if (how == InnerSum::not_wanted) return 0;
    if constexpr (Env::is_complete())
        if (how == InnerSum::to_be_summed) return env.sum(ip_offset, packet.ip_length);
    return packet.family == abi::Family::ipv6 ? detail::told_sum_ipv6(env, packet)
                                              : detail::told_sum_ipv4(env, packet);
}

}  // namespace turnout
