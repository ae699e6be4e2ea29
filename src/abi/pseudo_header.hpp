// Sums of what stands before a transport: the pseudo header that its checksum covers as well (RFC
// 9293, section 3.1; RFC 8200, 8.1), and IPv6's header, which has no checksum.
//
// Both families' pseudo header in one: an IPv4 address is a row's with three words of 0, which add
// nothing.
#pragma once

#include <stdint.h>

#include "abi/address.hpp"
#include "wire/integers.hpp"
#include "wire/ip.hpp"

namespace turnout {

TURNOUT_INLINE uint64_t sum_of(const abi::Address& address) {
    return static_cast<uint64_t>(address.word[0].raw) + address.word[1].raw + address.word[2].raw +
           address.word[3].raw;
}

// `length`: bytes of the transport, its header included.
TURNOUT_INLINE uint64_t pseudo_sum(const abi::Address& from, const abi::Address& to,
                                   uint8_t protocol, uint32_t length) {
    return sum_of(from) + sum_of(to) + to_be(static_cast<uint16_t>(protocol)).raw +
           to_be(length).raw;
}

TURNOUT_INLINE uint64_t sum_of(const Ipv6Header& ip) {
    static_assert(host_is_little_endian, "byte pairs are summed as they lie in memory");
    return static_cast<uint64_t>(ip.version_class_label.raw) + ip.payload_length.raw +
           static_cast<uint64_t>(ip.next_header | ip.hop_limit << 8) +
           sum_of(abi::address_of(ip.source)) + sum_of(abi::address_of(ip.destination));
}

}  // namespace turnout
