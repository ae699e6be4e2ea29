// Where a tuple belongs in the connection table: two buckets and a tag.
//
// A keyed multiply-and-shift hash: a tenth of SipHash's cost.  Its key is random per table, which
// keeps a stranger from aiming at one bucket; it is no cryptographic promise.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "abi/connection.hpp"

namespace turnout {

struct Place {
    uint32_t home;   // bucket that a record belongs to
    uint32_t other;  // bucket that takes what the home cannot
    uint32_t tag;    // never 0
};

TURNOUT_INLINE uint64_t mixed(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9fb21c651e98df25ull;
    return hash ^ (hash >> 32);
}

// What stands in a tuple behind the addresses: ports, protocol and kind, as one number.
TURNOUT_INLINE uint64_t rest_of(const abi::Tuple& tuple) {
    uint64_t rest;
    static_assert(sizeof tuple == offsetof(abi::Tuple, client_port) + sizeof rest);
    __builtin_memcpy(&rest, &tuple.client_port, sizeof rest);
    return rest;
}

TURNOUT_INLINE uint64_t join(be32 low, be32 high) {
    return low.raw | (static_cast<uint64_t>(high.raw) << 32);
}

// The other bucket of a record: far from its home, and different for each record of that.
TURNOUT_INLINE uint32_t other_bucket(uint32_t home, uint32_t tag, uint32_t bucket_mask) {
    return (home ^ ((tag * 0x9e3779b1u) >> 4)) & bucket_mask;
}

TURNOUT_INLINE Place place_of(const abi::Tuple& tuple, uint64_t seed, uint32_t bucket_mask) {
    uint64_t hash = mixed(seed, join(tuple.client.word[0], tuple.virtual_address.word[0]));
    hash = mixed(hash, rest_of(tuple));
    if (tuple.family == abi::Family::ipv6) {
        hash = mixed(hash, join(tuple.client.word[1], tuple.client.word[2]));
        hash = mixed(hash, join(tuple.client.word[3], tuple.virtual_address.word[1]));
        hash = mixed(hash, join(tuple.virtual_address.word[2], tuple.virtual_address.word[3]));
    }
    hash = mixed(hash, hash >> 29);
    const uint32_t tag = static_cast<uint32_t>(hash >> 32) | 1;
    const uint32_t home = static_cast<uint32_t>(hash) & bucket_mask;
    return {home, other_bucket(home, tag, bucket_mask), tag};
}

}  // namespace turnout
