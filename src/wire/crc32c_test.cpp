#include "wire/crc32c.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string_view>
#include <vector>

namespace turnout {
namespace {

// By its definition, bit by bit, the highest power first: what the amendment must agree with.
// RFC 9260, appendix A: the bits of a byte go lowest first, and so do those of the result.
uint32_t full_crc(const std::vector<uint8_t>& message) {
    uint64_t remainder = 0xffffffff;
    for (const uint8_t byte : message)
        for (int bit = 0; bit < 8; ++bit) {
            remainder = remainder << 1 ^ static_cast<uint64_t>(byte >> bit & 1) << 32;
            if (remainder >> 32 & 1) remainder ^= 0x11edc6f41;
        }
    uint32_t crc = 0;
    for (int bit = 0; bit < 32; ++bit)
        crc |= static_cast<uint32_t>(~remainder >> bit & 1) << (31 - bit);
    return crc;
}

uint32_t word_at(const std::vector<uint8_t>& message, size_t at) {
    uint32_t word = 0;
    for (size_t i = 0; i < 4; ++i) word |= static_cast<uint32_t>(message[at + i]) << 8 * i;
    return word;
}

// Changes four bytes somewhere, and amends.
void expect_amendable(std::mt19937& random, size_t length) {
    std::vector<uint8_t> message(length);
    for (auto& byte : message) byte = static_cast<uint8_t>(random());
    const uint32_t before = full_crc(message);
    const size_t at = random() % (length - 3);
    const uint32_t from = word_at(message, at);
    for (size_t i = 0; i < 4; ++i) message[at + i] = static_cast<uint8_t>(random());
    const uint32_t change =
        crc32c::change_of_checksum(from ^ word_at(message, at), static_cast<uint32_t>(length - at));
    EXPECT_EQ(before ^ change, full_crc(message)) << length << " bytes, changed at " << at;
}

TEST(Crc32c, amendment_equals_recomputation) {
    const unsigned seed = 1;
    std::mt19937 random(seed);
    for (size_t length = 4; length < 2000; ++length) expect_amendable(random, length);
    for (const size_t length : {4095, 4096, 9000, 32768, 65515, 65535})
        expect_amendable(random, length);
}

TEST(Crc32c, what_does_not_change_adds_nothing) {
    for (const uint32_t length : {4u, 16u, 1500u, 65535u})
        EXPECT_EQ(crc32c::change_of_checksum(0, length), 0u);
}

// The examples of RFC 3720, appendix B.4, and the check value of the polynomial.
TEST(Crc32c, the_definition_is_the_one_of_the_standards) {
    EXPECT_EQ(full_crc(std::vector<uint8_t>(32, 0)), 0x8a9136aau);
    EXPECT_EQ(full_crc(std::vector<uint8_t>(32, 0xff)), 0x62a8ab43u);
    constexpr std::string_view digits = "123456789";
    EXPECT_EQ(full_crc({digits.begin(), digits.end()}), 0xe3069283u);
}

}  // namespace
}  // namespace turnout
