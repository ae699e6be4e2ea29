// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
//
// Sums are kept unfolded and in the byte order of memory: ones'-complement addition does not care
// (RFC 1071 section 2 B), so no byte is swapped anywhere.
#pragma once

#include <stdint.h>

#include "wire/integers.hpp"

namespace turnout {

// Folds a sum to 16 bits without complementing it.
TURNOUT_INLINE uint16_t fold(uint64_t sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(sum);
}

// The same of a sum of up to sixteen words of 32 bits.
TURNOUT_INLINE uint16_t fold_few(uint64_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(sum);
}

// What replacing `from` by `to` adds to a ones'-complement sum.
TURNOUT_INLINE uint64_t difference(be32 from, be32 to) {
    return static_cast<uint64_t>(~from.raw) + to.raw;
}
TURNOUT_INLINE uint64_t difference(be16 from, be16 to) {
    return static_cast<uint64_t>(static_cast<uint16_t>(~from.raw)) + to.raw;
}

// The checksum field after its data changed by `diff`, the sum of a few differences: HC' = ~(~HC +
// ~m + m'), RFC 1624 (eqn. 3).
TURNOUT_INLINE be16 updated(be16 checksum, uint64_t diff) {
    return {static_cast<uint16_t>(~fold_few(static_cast<uint16_t>(~checksum.raw) + diff))};
}

}  // namespace turnout
