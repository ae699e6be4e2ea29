// Hints to the kernel's verifier; natively they are nothing.
#pragma once

#include <stdint.h>

#include "wire/inline.hpp"

namespace turnout {

// The same value, but the verifier no longer knows which.  `unknown` is any number that it does not
// know.
//   * A search that may end on one of fifteen lines would otherwise have everything after it
//   verified
//     fifteen times.
//   * What the body of a loop (env.each) reads and changes must begin as a forgotten value.  Linux
//     before 6.7 checks the body once, with what the loop begins with, takes that for all there
//     will be, and removes branches that it has thus never seen taken.
TURNOUT_INLINE uint32_t forgotten(uint32_t value, [[maybe_unused]] uint32_t unknown) {
#ifdef __bpf__
    asm volatile(
        "%[value] ^= %[unknown]\n"
        "%[value] ^= %[unknown]"
        : [value] "+r"(value)
        : [unknown] "r"(unknown));
#endif
    return value;
}

// Computes nothing on `value` before this point, and knows nothing of it after: a compiler that
// moves arithmetic ahead of the null or bounds check, or leaves a check out, has the program
// refused.
template <class T>
TURNOUT_INLINE void hold(T& value) {
    asm volatile("" : "+r"(value));
}

// A number that is between 1 and a power of two, so that the verifier sees it: it may have lost
// sight of a comparison, and Linux 6.1's learns nothing from one with 0.
TURNOUT_INLINE uint32_t bounded(uint32_t value, uint32_t power_of_two) {
    hold(value);
    return ((value - 1) & (power_of_two - 1)) + 1;
}

}  // namespace turnout
