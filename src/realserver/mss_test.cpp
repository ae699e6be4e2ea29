#include "realserver/mss.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace turnout::realserver {
namespace {

using model::Family;

TEST(MssText, is_read_back) {
    for (const char* text : {"", "auto", "88", "1360", "32767"})
        EXPECT_EQ(to_string(parse_mss(text).value()), text);
    EXPECT_FALSE(parse_mss("")->is_limited());
    EXPECT_TRUE(parse_mss("auto")->is_limited());
    EXPECT_TRUE(parse_mss("1360")->is_limited());
}

TEST(MssText, is_nothing_else) {
    for (const char* text : {"0", "87", "32768", "65536", "-1", "1360x", " 1360", "Auto"})
        EXPECT_FALSE(parse_mss(text)) << text;
}

// Of 1500 bytes: 40 for an outer IPv6 header, 8 for GRE or 20 for UDP and GUE, the inner IP
// header, 20.
TEST(FittingMss, leaves_room_for_the_largest_tunnel) {
    EXPECT_EQ(fitting_mss(Family::ipv4, 1500, false), 1412);
    EXPECT_EQ(fitting_mss(Family::ipv6, 1500, false), 1392);
    EXPECT_EQ(fitting_mss(Family::ipv4, 1500, true), 1400);
    EXPECT_EQ(fitting_mss(Family::ipv6, 1500, true), 1380);
}

TEST(FittingMss, is_one_that_can_be_told) {
    EXPECT_EQ(fitting_mss(Family::ipv4, 176, false), 88);
    EXPECT_FALSE(fitting_mss(Family::ipv4, 175, false));
    EXPECT_FALSE(fitting_mss(Family::ipv4, 0, false));
    EXPECT_EQ(fitting_mss(Family::ipv4, 65535, false), most_mss);
}

}  // namespace
}  // namespace turnout::realserver
