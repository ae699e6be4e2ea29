#include "model/address.hpp"

#include <gtest/gtest.h>

namespace turnout::model {
namespace {

TEST(Address, prints_what_it_parsed) {
    EXPECT_EQ(Address::parse("198.51.100.7")->to_string(), "198.51.100.7");
    EXPECT_EQ(Address::parse("2001:db8::7")->to_string(), "2001:db8::7");
    EXPECT_EQ(to_string(*Address::parse("2001:db8::7"), 443), "[2001:db8::7]:443");
}

TEST(Address, refuses_what_is_not_an_address) {
    for (const char* text : {"", "198.51.100", "198.51.100.256", "www", "1.2.3.4.5", "::g"})
        EXPECT_FALSE(Address::parse(text)) << text;
}

TEST(Address, knows_what_one_host_can_have) {
    EXPECT_TRUE(Address::ipv4(10, 0, 0, 1).is_unicast());
    EXPECT_FALSE(Address::ipv4(0, 0, 0, 0).is_unicast());
    EXPECT_FALSE(Address::ipv4(224, 0, 0, 1).is_unicast());
    EXPECT_FALSE(Address::ipv4(255, 255, 255, 255).is_unicast());
    EXPECT_FALSE(Address::parse("ff02::1")->is_unicast());
    EXPECT_FALSE(Address::parse("::")->is_unicast());
}

TEST(Address, knows_where_routing_can_lead) {
    for (const char* text : {"10.0.0.1", "2001:db8::1", "fd00::1", "fec0::1", "::1", "::192.0.2.1"})
        EXPECT_TRUE(Address::parse(text)->is_routable()) << text;
    for (const char* text : {"0.0.0.0", "::", "ff0e::1", "fe80::1", "febf::1", "::ffff:192.0.2.1"})
        EXPECT_FALSE(Address::parse(text)->is_routable()) << text;
}

}  // namespace
}  // namespace turnout::model
