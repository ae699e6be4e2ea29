#include "wire/checksum.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace turnout {
namespace {

// The checksum of a buffer by its definition, RFC 1071: what the incremental form must agree with.
uint16_t full_checksum(const std::vector<uint16_t>& words) {
    uint64_t sum = 0;
    for (uint16_t word : words) sum += word;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
}

TEST(Checksum, incremental_update_equals_recomputation) {
    const unsigned seed = 1;
    std::mt19937 random(seed);
    for (int round = 0; round < 10000; ++round) {
        std::vector<uint16_t> words(10);
        for (auto& word : words) word = static_cast<uint16_t>(random());
        const be16 before{full_checksum(words)};
        uint32_t from = 0, to = static_cast<uint32_t>(random());
        std::memcpy(&from, &words[4], sizeof from);
        std::memcpy(&words[4], &to, sizeof to);
        const be16 from16{words[8]}, to16{static_cast<uint16_t>(random())};
        words[8] = to16.raw;
        const uint64_t diff = difference(be32{from}, be32{to}) + difference(from16, to16);
        const uint16_t after = updated(before, diff).raw;
        // Ones' complement has two zeros; data that is not all zero never sums to +0.
        EXPECT_EQ(after, full_checksum(words)) << "round " << round << ", seed " << seed;
    }
}

TEST(Checksum, the_example_of_rfc_1624) {
    // Section 4: HC 0xdd2f, m 0x5555 replaced by m' 0x3285 gives 0x0000.
    EXPECT_EQ(updated(be16{0xdd2f}, difference(be16{0x5555}, be16{0x3285})).raw, 0x0000);
}

}  // namespace
}  // namespace turnout
