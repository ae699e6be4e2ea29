// ICMP and ICMPv6 (RFC 792, RFC 4443), as far as errors go.
#pragma once

#include <stdint.h>

#include "wire/integers.hpp"

namespace turnout {

// What an error's message begins with; behind it stands the beginning of the packet it is about.
struct IcmpHeader {
    uint8_t type;
    uint8_t code;
    be16 checksum;
    be32 parameter;  // the MTU, where a packet was too big; of ICMP in its lower half
};
static_assert(sizeof(IcmpHeader) == 8);

namespace icmp_type {
inline constexpr uint8_t destination_unreachable = 3;
inline constexpr uint8_t source_quench = 4;
inline constexpr uint8_t time_exceeded = 11;
}  // namespace icmp_type

namespace icmpv6_type {
inline constexpr uint8_t destination_unreachable = 1;
inline constexpr uint8_t packet_too_big = 2;
inline constexpr uint8_t time_exceeded = 3;
inline constexpr uint8_t first_information = 128;  // below are errors
}  // namespace icmpv6_type

// Codes of destination_unreachable.
namespace icmp_code {
inline constexpr uint8_t host_unreachable = 1;
inline constexpr uint8_t port_unreachable = 3;
inline constexpr uint8_t fragmentation_needed = 4;  // the packet was too big, with DF set
}  // namespace icmp_code

namespace icmpv6_code {
inline constexpr uint8_t port_unreachable = 4;
}  // namespace icmpv6_code

// The errors that IPVS takes to their connections.
TURNOUT_INLINE bool is_icmp_error(uint8_t type) {
    return type == icmp_type::destination_unreachable || type == icmp_type::source_quench ||
           type == icmp_type::time_exceeded;
}
TURNOUT_INLINE bool is_icmpv6_error(uint8_t type) {
    return type < icmpv6_type::first_information;
}

}  // namespace turnout
