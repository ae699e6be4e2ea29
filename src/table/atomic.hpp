// The atomic operations that BPF has since its third instruction set, natively the same.
//
// Those that return the old value are full barriers in both worlds.
#pragma once

#include <stdint.h>

#include "wire/inline.hpp"

namespace turnout {

// True if `word` was `expected` and is `desired` now.
TURNOUT_INLINE bool swap_if(uint32_t& word, uint32_t expected, uint32_t desired) {
    return __sync_val_compare_and_swap(&word, expected, desired) == expected;
}
TURNOUT_INLINE bool swap_if(uint64_t& word, uint64_t expected, uint64_t desired) {
    return __sync_val_compare_and_swap(&word, expected, desired) == expected;
}
TURNOUT_INLINE void add(uint32_t& word, uint32_t value) {
    (void)__sync_fetch_and_add(&word, value);
}
TURNOUT_INLINE void add(uint64_t& word, uint64_t value) {
    (void)__sync_fetch_and_add(&word, value);
}
TURNOUT_INLINE void set_bits(uint32_t& word, uint32_t bits) {
    (void)__sync_fetch_and_or(&word, bits);
}
TURNOUT_INLINE void clear_bits(uint32_t& word, uint32_t bits) {
    (void)__sync_fetch_and_and(&word, ~bits);
}

// One read or write that the compiler neither repeats nor leaves out.
template <class T>
TURNOUT_INLINE T load_once(const T& word) {
    return *static_cast<const volatile T*>(&word);
}
template <class T>
TURNOUT_INLINE void store_once(T& word, T value) {
    *static_cast<volatile T*>(&word) = value;
}

}  // namespace turnout
