#include "tables/allocator.hpp"

#include <algorithm>
#include <bit>

namespace turnout::tables {

RangeAllocator::RangeAllocator(uint32_t rows, std::function<void()> wait_for_packets)
    : rows_(rows), wait_for_packets_(std::move(wait_for_packets)), free_(32) {}

uint32_t RangeAllocator::class_of(uint32_t count) {
    return static_cast<uint32_t>(std::bit_width(std::max(count, 1u) - 1));
}

std::optional<uint32_t> RangeAllocator::take(uint32_t count) {
    const uint32_t size_class = class_of(count);
    if (const auto first = take_free(size_class)) return first;
    if (!resting_.empty()) wait_for_packets_();
    join_free();
    return take_free(size_class);
}

// Everything that is free or has rested becomes as large ranges as it can.
void RangeAllocator::join_free() {
    std::vector<std::pair<uint32_t, uint32_t>> ranges;  // first and end
    for (const Range& range : resting_)
        ranges.emplace_back(range.first, range.first + (1u << range.size_class));
    resting_.clear();
    for (uint32_t size_class = 0; size_class < free_.size(); ++size_class) {
        for (const uint32_t first : free_[size_class])
            ranges.emplace_back(first, first + (1u << size_class));
        free_[size_class].clear();
    }
    std::sort(ranges.begin(), ranges.end());
    for (size_t i = 0; i < ranges.size();) {
        uint32_t end = ranges[i].second;
        size_t next = i + 1;
        while (next < ranges.size() && ranges[next].first == end) end = ranges[next++].second;
        add_free(ranges[i].first, end);
        i = next;
    }
}

std::optional<uint32_t> RangeAllocator::take_free(uint32_t size_class) {
    const uint64_t size = uint64_t{1} << size_class;
    if (!free_[size_class].empty()) {
        const uint32_t first = free_[size_class].back();
        free_[size_class].pop_back();
        return first;
    }
    const uint64_t aligned = (untouched_ + size - 1) & ~(size - 1);
    if (aligned + size <= rows_) {
        const auto first = static_cast<uint32_t>(aligned);
        add_free(untouched_, first);
        untouched_ = first + static_cast<uint32_t>(size);
        return first;
    }
    for (uint32_t larger = size_class + 1; larger < free_.size(); ++larger) {
        if (free_[larger].empty()) continue;
        const uint32_t first = free_[larger].back();
        free_[larger].pop_back();
        add_free(first + static_cast<uint32_t>(size), first + (1u << larger));
        return first;
    }
    return std::nullopt;
}

// Cuts [first, end) into ranges of powers of two, each at a multiple of its size.
void RangeAllocator::add_free(uint32_t first, uint32_t end) {
    while (first < end) {
        const uint32_t largest = static_cast<uint32_t>(std::bit_width(end - first)) - 1;
        const uint32_t size_class =
            first ? std::min(largest, static_cast<uint32_t>(std::countr_zero(first))) : largest;
        free_[size_class].push_back(first);
        first += 1u << size_class;
    }
}

void RangeAllocator::give_back(uint32_t first, uint32_t count) {
    resting_.push_back({first, class_of(count)});
}

void RangeAllocator::adopt(uint32_t first, uint32_t count) {
    adopted_.push_back({first, class_of(count)});
}

void RangeAllocator::finish_adoption() {
    std::sort(adopted_.begin(), adopted_.end(),
              [](const Range& a, const Range& b) { return a.first < b.first; });
    for (const Range& range : adopted_) {
        if (range.first > untouched_) add_free(untouched_, range.first);
        untouched_ = std::max(untouched_, std::min(range.first + (1u << range.size_class), rows_));
    }
    adopted_.clear();
}

}  // namespace turnout::tables
