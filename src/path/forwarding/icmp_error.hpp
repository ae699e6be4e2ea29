// ICMP errors by NAT: the packet that an error quotes is one as it was on the other side, and so
// the error is rewritten outside and in the quotation.
//
// An error about a reply, on its way to the server: its destination and the quoted source become
// the server's.  An error about a request, on its way to the client: its source and the quoted
// destination become the service's.  As in IPVS the quoted transport's checksum stays as it is.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "path/forwarding/nat.hpp"
#include "wire/icmp.hpp"

namespace turnout {

namespace detail {

// What the rewriting adds to the error's own checksum.  In ICMP the header checksums, the outer and
// the quoted one, make up for the addresses; ICMPv6 covers both, by its pseudo header the outer.
template <class Env>
TURNOUT_INLINE uint64_t error_difference(Env& env, const Packet& packet, Direction direction,
                                         const Rewrite& rewrite) {
    uint64_t sum = difference(rewrite.port_from, rewrite.port_to);
    if (packet.family == abi::Family::ipv4) return sum;
    const auto* ip = header_at<Ipv6Header>(env.window(), ip_offset);
    if (!ip) return sum;
    for (int i = 0; i < 4; ++i) {
        const be32 outer = direction == Direction::request ? ip->destination[i] : ip->source[i];
        sum += difference(outer, rewrite.to.word[i]);
        sum += difference(rewrite.from.word[i], rewrite.to.word[i]);
    }
    return sum;
}

}  // namespace detail

// See Environment::rewrite_icmp_error.
template <class Env>
TURNOUT_INLINE bool rewrite_icmp_error(Env& env, const Packet& packet, Direction direction,
                                       const Rewrite& rewrite) {
    const bool request = direction == Direction::request;
    const uint64_t diff = detail::error_difference(env, packet, direction, rewrite);
    const uint32_t checksum =
        packet.transport_offset + static_cast<uint32_t>(offsetof(IcmpHeader, checksum));
    if (!env.amend_checksum(checksum, 0, diff, false)) return false;
    const Window window = env.window();  // anew: amending may have moved the bytes
    auto* ports = header_at<Ports>(window, packet.quoted_transport);
    if (!ports) return false;
    (request ? ports->source : ports->destination) = rewrite.port_to;
    using detail::replace_address;
    return replace_address(window, packet.family, ip_offset, !request, rewrite.to) &&
           replace_address(window, packet.family, packet.quoted_offset, request, rewrite.to);
}

}  // namespace turnout
