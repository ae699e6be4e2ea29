// Integers as they stand on the wire: big-endian (SCTP's checksum: little-endian), and of a type of
// their own, so that a host-order number can never be compared with or stored into a packet by
// accident.
//
// Plain structs without members or templates: they appear in map types, whose debug information
// the kernel checks.
#pragma once

#include <stdint.h>

#include "wire/inline.hpp"

namespace turnout {

struct be16 {
    uint16_t raw;
};

struct be32 {
    uint32_t raw;
};

struct le32 {
    uint32_t raw;
};

TURNOUT_INLINE constexpr uint16_t swap_bytes(uint16_t value) {
    return __builtin_bswap16(value);
}
TURNOUT_INLINE constexpr uint32_t swap_bytes(uint32_t value) {
    return __builtin_bswap32(value);
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ || __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
inline constexpr bool host_is_little_endian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

TURNOUT_INLINE constexpr be16 to_be(uint16_t host) {
    return {host_is_little_endian ? swap_bytes(host) : host};
}
TURNOUT_INLINE constexpr be32 to_be(uint32_t host) {
    return {host_is_little_endian ? swap_bytes(host) : host};
}
TURNOUT_INLINE constexpr uint16_t to_host(be16 value) {
    return to_be(value.raw).raw;
}
TURNOUT_INLINE constexpr uint32_t to_host(be32 value) {
    return to_be(value.raw).raw;
}

TURNOUT_INLINE constexpr le32 to_le(uint32_t host) {
    return {host_is_little_endian ? host : swap_bytes(host)};
}
TURNOUT_INLINE constexpr uint32_t to_host(le32 value) {
    return to_le(value.raw).raw;
}

TURNOUT_INLINE constexpr bool operator==(be16 a, be16 b) {
    return a.raw == b.raw;
}
TURNOUT_INLINE constexpr bool operator==(be32 a, be32 b) {
    return a.raw == b.raw;
}

}  // namespace turnout
