// A router's part: one hop less (RFC 1812 section 5.3.1, RFC 8200 section 3).
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "wire/checksum.hpp"
#include "wire/ip.hpp"

namespace turnout::detail {

// One hop as it stands in the two bytes that hold it: the first of two in IPv4, the second in IPv6.
inline constexpr uint16_t ipv4_hop = host_is_little_endian ? 1 : 0x100;
inline constexpr uint16_t ipv6_hop = host_is_little_endian ? 0x100 : 1;

// IPv4's checksum is amended (RFC 1141), IPv6 has none.
template <class Env>
TURNOUT_INLINE void take_hop(Env&, Ipv4Header& ip) {
    ip.ttl = static_cast<uint8_t>(ip.ttl - 1);
    const uint32_t sum = ip.checksum.raw + uint32_t{ipv4_hop};
    ip.checksum.raw = static_cast<uint16_t>(sum + (sum >= 0xffff));
}
template <class Env>
TURNOUT_INLINE void take_hop(Env& env, Ipv6Header& ip) {
    ip.hop_limit = static_cast<uint8_t>(ip.hop_limit - 1);
    env.note_written(static_cast<uint16_t>(~ipv6_hop));
}

template <class Env>
TURNOUT_INLINE bool take_hop(Env& env, const Packet& packet) {
    if (packet.family == abi::Family::ipv4) {
        auto* ip = header_at<Ipv4Header>(env.window(), ip_offset);
        if (ip) take_hop(env, *ip);
        return ip;
    }
    auto* ip = header_at<Ipv6Header>(env.window(), ip_offset);
    if (ip) take_hop(env, *ip);
    return ip;
}

}  // namespace turnout::detail
