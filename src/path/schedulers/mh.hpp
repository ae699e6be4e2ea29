// Maglev hashing: the server that the client's address names (mh-port: and port) in a table that
// changes little when servers come and go.
//
// The table and its two hash functions are IPVS's, keys included: every director finds the same
// server.  How the table is filled: tables/rings.cpp.
#pragma once

#include "path/schedulers/ring.hpp"

namespace turnout::mh {

inline constexpr uint32_t table_slots = 4093;

inline constexpr uint64_t first_key = 2654435761u, second_key = 2654446892u;

TURNOUT_INLINE constexpr uint64_t rotated(uint64_t value, int bits) {
    return value << bits | value >> (64 - bits);
}

// SipHash-1-3 of one 32-bit number, folded to 32 bits: Linux's hsiphash on a 64-bit machine, with
// both halves of the key the same.
TURNOUT_INLINE constexpr uint32_t hash(uint32_t number, uint64_t key) {
    uint64_t v0 = 0x736f6d6570736575 ^ key, v1 = 0x646f72616e646f6d ^ key;
    uint64_t v2 = 0x6c7967656e657261 ^ key, v3 = 0x7465646279746573 ^ key;
    const auto round = [&] {
        v0 += v1, v1 = rotated(v1, 13) ^ v0, v0 = rotated(v0, 32);
        v2 += v3, v3 = rotated(v3, 16) ^ v2;
        v0 += v3, v3 = rotated(v3, 21) ^ v0;
        v2 += v1, v1 = rotated(v1, 17) ^ v2, v2 = rotated(v2, 32);
    };
    const uint64_t block = uint64_t{sizeof number} << 56 | number;
    v3 ^= block;
    round();
    v0 ^= block;
    v2 ^= 0xff;
    round();
    round();
    round();
    return static_cast<uint32_t>(v0 ^ v1 ^ v2 ^ v3);
}

struct Rule {
    static constexpr uint32_t slots = table_slots;
    TURNOUT_INLINE static uint32_t slot(uint32_t number, uint32_t offset) {
        return hash(offset + number, first_key) % slots;
    }
};

template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const Ask& ask) {
    return ring::choose<Rule>(env, ask);
}

}  // namespace turnout::mh
