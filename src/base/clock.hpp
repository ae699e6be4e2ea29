// The real clock, in one place: everything else is given the time.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>

namespace turnout {

// Nanoseconds that only go forward; the clock the data plane uses, too.
using Clock = std::function<uint64_t()>;

inline uint64_t monotonic_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace turnout
