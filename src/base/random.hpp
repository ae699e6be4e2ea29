// Real randomness, in one place: everything else is given its numbers.
#pragma once

#include <sys/random.h>

#include <cstdint>

#include "base/panic.hpp"

namespace turnout {

inline uint64_t random_u64() {
    uint64_t number = 0;
    ensure(getrandom(&number, sizeof number, 0) == sizeof number, "the kernel gives no randomness");
    return number;
}

}  // namespace turnout
