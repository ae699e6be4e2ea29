// SCTP's checksum, the CRC32c (RFC 9260, appendix A), amended where four bytes of a message change.
//
// A CRC is linear: the sum (exclusive or) of two messages of one length has the sum of their
// remainders, and what they begin and end with cancels out.  So a change is a message of its own,
// zeros but for the changed bytes, and its remainder is all that is added to the checksum.  That is
// the change as a polynomial, times x for every bit behind its beginning, modulo the CRC's
// polynomial: one multiplication for each bit of that number, and the message need not be read.
//
// Numbers are as the checksum lies in memory, little-endian: bit 31 stands for 1, bit 30 for x, ….
#pragma once

#include <stdint.h>

#include "wire/integers.hpp"

namespace turnout::crc32c {

inline constexpr uint32_t polynomial = 0x82f63b78;  // without x^32
inline constexpr uint32_t one = 1u << 31;

// Without branches, as all below: a verifier that walked each way of each bit would not end.
TURNOUT_INLINE constexpr uint32_t times_x(uint32_t a) {
    return a >> 1 ^ (polynomial & (0u - (a & 1)));
}

TURNOUT_INLINE constexpr uint32_t product(uint32_t a, uint32_t b) {
    uint32_t sum = 0;
    for (int bit = 31; bit >= 0; --bit, b = times_x(b)) sum ^= b & (0u - (a >> bit & 1));
    return sum;
}

// x to the power of a power of two.
constexpr uint32_t x_to_the(uint32_t exponent) {
    uint32_t power = times_x(one);
    for (; exponent > 1; exponent /= 2) power = product(power, power);
    return power;
}

inline constexpr uint32_t longest_message = 0xffff;  // that IP carries

// What a change of a message's four bytes, old ^ new, adds to its checksum; `length` is from the
// first of these bytes to the message's end.  `part`: which bit of the length comes next.
template <uint32_t part = 1>
TURNOUT_INLINE constexpr uint32_t change_of_checksum(uint32_t change, uint32_t length) {
    if constexpr (part > longest_message) {
        return change;
    } else {
        constexpr uint32_t factor = x_to_the(8 * part);
        change = product(change, length & part ? factor : one);
        return change_of_checksum<part * 2>(change, length);
    }
}

}  // namespace turnout::crc32c
