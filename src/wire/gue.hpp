// Generic UDP Encapsulation (draft-ietf-intarea-gue) as IPVS and Linux's fou module speak it: after
// a UDP header, to a port that both ends have agreed on.
//
// Version 0 is a GueHeader, optional fields, then the packet inside.  Version 1 has no header at
// all: the first bits of an IPv4 or IPv6 header are those of version 1.
#pragma once

#include <stdint.h>

#include "wire/integers.hpp"

namespace turnout {

struct GueHeader {
    uint8_t version_and_length;  // 2 bits version, gue::control, 5 bits optional 32-bit words
    uint8_t protocol;            // an IP protocol number: 4 or 41 for an IP packet inside
    be16 flags;                  // which optional fields follow, in the order of the flags
};
static_assert(sizeof(GueHeader) == 4);

namespace gue {
inline constexpr uint8_t control = 0x20;  // a message to the other end itself, nothing inside
inline constexpr uint8_t length_mask = 0x1f;
inline constexpr be16 private_flags = to_be(uint16_t{0x0001});
}  // namespace gue

TURNOUT_INLINE uint8_t gue_version(const GueHeader& header) {
    return header.version_and_length >> 6;
}

// The optional fields, in bytes.
TURNOUT_INLINE uint32_t gue_options_length(const GueHeader& header) {
    return (header.version_and_length & gue::length_mask) * 4u;
}

// The optional field of gue::private_flags with the one private flag there is: the sender left the
// inner transport checksum to the receiver.  The checksum field holds the pseudo-header's sum, and
// is to be replaced by the checksum of everything from `start` on.  Offsets count from the first
// byte of the packet inside.
struct GueRemoteChecksum {
    be32 private_flags;  // gue_private::remote_checksum
    be16 start;
    be16 field;  // where the checksum is: not relative to `start`
};
static_assert(sizeof(GueRemoteChecksum) == 8);

namespace gue_private {
inline constexpr be32 remote_checksum = to_be(uint32_t{0x80000000});
}  // namespace gue_private

}  // namespace turnout
