#include "cli/duration.hpp"

#include <gtest/gtest.h>

namespace turnout::cli {
namespace {

TEST(Duration, is_read_in_its_unit) {
    EXPECT_EQ(seconds_in("0"), 0u);
    EXPECT_EQ(seconds_in("90"), 90u);
    EXPECT_EQ(seconds_in("90s"), 90u);
    EXPECT_EQ(seconds_in("15m"), 900u);
    EXPECT_EQ(seconds_in("2h"), 7200u);
    EXPECT_EQ(seconds_in("1d"), 86400u);
    EXPECT_EQ(seconds_in("4294967295"), 4294967295u);
}

TEST(Duration, that_is_none_is_refused) {
    for (const char* text : {"", "s", "h2", "2x", "2hh", "-1", "1.5h", " 1", "1 s", "4294967296",
                             "99999999d", "18446744073709551616"})
        EXPECT_FALSE(seconds_in(text)) << text;
}

TEST(Duration, is_told_in_the_largest_unit) {
    EXPECT_EQ(duration_of(0), "0s");
    EXPECT_EQ(duration_of(61), "61s");
    EXPECT_EQ(duration_of(900), "15m");
    EXPECT_EQ(duration_of(7200), "2h");
    EXPECT_EQ(duration_of(86400), "1d");
}

}  // namespace
}  // namespace turnout::cli
