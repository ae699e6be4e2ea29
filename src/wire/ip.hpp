// The IPv4 header (RFC 791) and the protocol numbers it carries.
#pragma once

#include <stdint.h>

#include "wire/integers.hpp"

namespace turnout {

enum class IpProtocol : uint8_t { icmp = 1, ipip = 4, tcp = 6, udp = 17 };

struct Ipv4Header {
    uint8_t version_and_length;  // high nibble 4, low nibble the header's length in 32-bit words
    uint8_t tos;
    be16 total_length;  // bytes, this header included
    be16 id;
    be16 fragment;  // see ipv4_fragment
    uint8_t ttl;
    uint8_t protocol;
    be16 checksum;
    be32 source;
    be32 destination;
};
static_assert(sizeof(Ipv4Header) == 20);

namespace ipv4_fragment {
inline constexpr be16 dont = to_be(uint16_t{0x4000});
// More-fragments bit or an offset: the packet is a part of a larger one.
inline constexpr be16 is_part = to_be(uint16_t{0x3fff});
}  // namespace ipv4_fragment

// In bytes; less than 20 when the header is malformed.
TURNOUT_INLINE uint32_t header_length(const Ipv4Header& ip) {
    return (ip.version_and_length & 0x0fu) * 4;
}

}  // namespace turnout
