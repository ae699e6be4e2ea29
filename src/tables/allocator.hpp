// Row numbers, handed out and taken back without a packet ever meeting a row under two meanings.
//
// What is given back may still be in use by packets on their way, so it rests until
// wait_for_packets() has been called, which happens only when nothing else is left.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace turnout::tables {

// Contiguous ranges of rows, in sizes that are powers of two, each at a multiple of its size.  A
// single row is a range of one.
class RangeAllocator {
  public:
    RangeAllocator(uint32_t rows, std::function<void()> wait_for_packets);

    // The first row of a range of at least `count` rows (one if `count` is 0); nothing when full.
    std::optional<uint32_t> take(uint32_t count);
    // Gives a range back; `count` as it was taken.
    void give_back(uint32_t first, uint32_t count);
    // Marks a range as taken that an earlier daemon left: before the first take() only, and in any
    // order.  What lies between such ranges becomes free by finish_adoption().
    void adopt(uint32_t first, uint32_t count);
    void finish_adoption();

    // Rows from here on have never been handed out, nor adopted.
    uint32_t untouched() const { return untouched_; }

  private:
    struct Range {
        uint32_t first;
        uint32_t size_class;
    };
    static uint32_t class_of(uint32_t count);
    std::optional<uint32_t> take_free(uint32_t size_class);
    void add_free(uint32_t first, uint32_t end);
    void join_free();

    uint32_t rows_;
    uint32_t untouched_ = 0;
    std::function<void()> wait_for_packets_;
    std::vector<std::vector<uint32_t>> free_;  // by size class
    std::vector<Range> resting_;
    std::vector<Range> adopted_;
};

}  // namespace turnout::tables
