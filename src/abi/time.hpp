// Time as the data plane keeps it: coarse, 32 bits, cheap to compare.
#pragma once

#include <stdint.h>

#include "wire/inline.hpp"

namespace turnout::abi {

// 2^24 ns (about 16.8 ms) of the monotonic clock.  Wraps after 2.3 years; differences up to half
// of that compare right, and no timeout comes near.
using Tick = uint32_t;

inline constexpr uint32_t tick_shift = 24;  // nanoseconds >> tick_shift

TURNOUT_INLINE constexpr Tick tick_of_ns(uint64_t monotonic_ns) {
    return static_cast<Tick>(monotonic_ns >> tick_shift);
}
TURNOUT_INLINE constexpr Tick ticks_of_seconds(uint32_t seconds) {
    return static_cast<Tick>((seconds * 1000000000ull) >> tick_shift);
}
TURNOUT_INLINE constexpr uint32_t seconds_of_ticks(Tick ticks) {
    return static_cast<uint32_t>((static_cast<uint64_t>(ticks) << tick_shift) / 1000000000ull);
}
// Time from `then` to `now`, which may lie on both sides of the wrap; negative if `then` is later.
TURNOUT_INLINE constexpr int32_t elapsed(Tick then, Tick now) {
    return static_cast<int32_t>(now - then);
}

// About a second (64 ticks), 16 bits: how old a remembered next hop is.
using CoarseSecond = uint16_t;
TURNOUT_INLINE constexpr CoarseSecond coarse_second(Tick now) {
    return static_cast<CoarseSecond>(now >> 6);
}

}  // namespace turnout::abi
