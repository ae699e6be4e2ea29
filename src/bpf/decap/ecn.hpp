// Explicit congestion notification at a tunnel's end (RFC 6040, section 4.2).
#pragma once

#include <stdint.h>

#include "bpf/decap/ip.hpp"

namespace turnout::bpf::decap {

namespace ecn {
inline constexpr uint16_t not_capable = 0;
inline constexpr uint16_t capable_1 = 1;
inline constexpr uint16_t capable_0 = 2;
inline constexpr uint16_t congested = 3;
inline constexpr uint16_t dropped = 4;  // no value of the field: there is no way to tell the sender
}  // namespace ecn

TURNOUT_INLINE uint16_t combined_ecn(uint16_t outer, uint16_t inner) {
    if (outer == ecn::congested) return inner == ecn::not_capable ? ecn::dropped : ecn::congested;
    if (outer == ecn::capable_1 && inner == ecn::capable_0) return ecn::capable_1;
    return inner;
}

// In both families the field is in the header's first two bytes.
TURNOUT_INLINE uint16_t ecn_shift(const Ip& ip) {
    return ip.family == abi::Family::ipv4 ? 0 : 4;
}

TURNOUT_INLINE uint16_t ecn_of(be16 start, const Ip& ip) {
    return (to_host(start) >> ecn_shift(ip)) & 3;
}

TURNOUT_INLINE be16 with_ecn(be16 start, const Ip& ip, uint16_t value) {
    const uint16_t others = to_host(start) & static_cast<uint16_t>(~(3 << ecn_shift(ip)));
    return to_be(static_cast<uint16_t>(others | value << ecn_shift(ip)));
}

TURNOUT_INLINE bool update_ipv4_checksum(__sk_buff* packet, const Ip& ip, uint64_t diff) {
    const uint32_t field =
        ip.begin + static_cast<uint32_t>(__builtin_offsetof(Ipv4Header, checksum));
    be16 checksum = {};
    return read(packet, field, checksum) && write(packet, field, updated(checksum, diff));
}

// Hands what the outer header tells of congestion on to the inner one.  False: the packet must be
// dropped.
TURNOUT_INLINE bool hand_on_congestion(__sk_buff* packet, const Ip& outer, const Ip& inner) {
    be16 outer_start = {};
    be16 start = {};
    if (!read(packet, outer.begin, outer_start) || !read(packet, inner.begin, start)) return false;
    const uint16_t value = combined_ecn(ecn_of(outer_start, outer), ecn_of(start, inner));
    if (value == ecn::dropped) return false;
    if (value == ecn_of(start, inner)) return true;
    const be16 changed = with_ecn(start, inner, value);
    if (!write(packet, inner.begin, changed)) return false;
    return inner.family == abi::Family::ipv6 ||
           update_ipv4_checksum(packet, inner, difference(start, changed));
}

}  // namespace turnout::bpf::decap
