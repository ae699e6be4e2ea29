#include "tables/allocator.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace turnout::tables {
namespace {

TEST(RangeAllocator, gives_each_row_once) {
    RangeAllocator rows(100, [] {});
    std::vector<bool> taken(100);
    while (const auto row = rows.take(1)) {
        EXPECT_FALSE(taken[*row]);
        taken[*row] = true;
    }
    EXPECT_EQ(std::count(taken.begin(), taken.end(), true), 100);
}

TEST(RangeAllocator, what_was_given_back_rests_until_packets_have_gone) {
    int waits = 0;
    RangeAllocator rows(2, [&] { ++waits; });
    const auto first = rows.take(1);
    rows.take(1);
    rows.give_back(*first, 1);
    EXPECT_EQ(waits, 0);
    EXPECT_EQ(rows.take(1), first);
    EXPECT_EQ(waits, 1);
    EXPECT_FALSE(rows.take(1));
}

TEST(RangeAllocator, small_ranges_become_large_ones_again) {
    RangeAllocator rows(64, [] {});
    std::vector<uint32_t> small;
    for (int i = 0; i < 16; ++i) small.push_back(*rows.take(4));
    for (const uint32_t first : small) rows.give_back(first, 4);
    EXPECT_TRUE(rows.take(64));
}

TEST(RangeAllocator, ranges_never_overlap) {
    const unsigned seed = 7;
    std::mt19937 random(seed);
    RangeAllocator rows(1000, [] {});
    std::map<uint32_t, uint32_t> held;  // first to count
    for (int round = 0; round < 20000; ++round) {
        const auto count = static_cast<uint32_t>(random() % 40);
        if (const auto first = rows.take(count)) {
            const auto next = held.lower_bound(*first);
            if (next != held.end()) {
                ASSERT_LE(*first + std::max(count, 1u), next->first);
            }
            if (next != held.begin()) {
                const auto before = std::prev(next);
                ASSERT_LE(before->first + std::max(before->second, 1u), *first);
            }
            held[*first] = count;
        }
        while (held.size() > 20) {
            auto any = std::next(held.begin(), static_cast<long>(random() % held.size()));
            rows.give_back(any->first, any->second);
            held.erase(any);
        }
    }
}

TEST(RangeAllocator, adopted_ranges_are_not_given_out) {
    RangeAllocator rows(16, [] {});
    rows.adopt(9, 2);
    rows.adopt(2, 1);
    rows.finish_adoption();
    std::vector<bool> taken(16);
    while (const auto row = rows.take(1)) taken[*row] = true;
    for (uint32_t row = 0; row < 16; ++row)
        EXPECT_EQ(taken[row], row != 2 && row != 9 && row != 10) << row;
}

}  // namespace
}  // namespace turnout::tables
