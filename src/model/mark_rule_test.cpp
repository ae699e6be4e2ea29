#include "model/mark_rule.hpp"

#include <gtest/gtest.h>

namespace turnout::model {
namespace {

using Ports = std::vector<PortRange>;

TEST(MarkRule, ports) {
    EXPECT_EQ(*parse_ports("80,443,8000-8080,9000:9001"),
              (Ports{{80, 80}, {443, 443}, {8000, 8080}, {9000, 9001}}));
    EXPECT_EQ(to_string(Ports{{80, 80}, {8000, 8080}}), "80,8000-8080");
    for (const char* text : {"", ",", "80,", "80-", "-80", "90-80", "65536", "x", "80 ", "0x50"})
        EXPECT_FALSE(parse_ports(text)) << text;
}

TEST(MarkRule, every_port_is_any) {
    EXPECT_TRUE(parse_ports("0-65535")->empty());
    EXPECT_TRUE(parse_ports("80,0-65535")->empty());
    EXPECT_EQ(parse_ports("1-65535")->size(), 1u);
}

TEST(MarkRule, prefixes) {
    EXPECT_EQ(Prefix::parse("192.0.2.77/24")->to_string(), "192.0.2.0/24");
    EXPECT_EQ(Prefix::parse("192.0.2.1/32")->to_string(), "192.0.2.1");
    EXPECT_EQ(Prefix::parse("2001:db8:ffff::1/33")->to_string(), "2001:db8:8000::/33");
    EXPECT_EQ(Prefix::parse("203.0.113.7/0")->to_string(), "0.0.0.0/0");
    for (const char* text : {"", "/", "192.0.2.1/", "192.0.2.1/33", "192.0.2.1/-1", "::/129",
                             "192.0.2.1/255.255.255.0", "example.org", "192.0.2"})
        EXPECT_FALSE(Prefix::parse(text)) << text;
}

TEST(MarkRule, what_makes_no_sense) {
    MarkRule rule;
    EXPECT_FALSE(check(rule)) << "a mark of 0";
    rule.mark = 1;
    EXPECT_TRUE(check(rule));
    rule.to_ports = {{80, 80}};
    EXPECT_FALSE(check(rule)) << "ports of no protocol";
    rule.protocol = Protocol::tcp;
    EXPECT_TRUE(check(rule));
    rule.from = *Prefix::parse("2001:db8::1");
    EXPECT_FALSE(check(rule)) << "IPv6 in a rule for IPv4";
    rule.family = Family::ipv6;
    EXPECT_TRUE(check(rule));
    rule.to = *Prefix::parse("192.0.2.1");
    EXPECT_FALSE(check(rule)) << "both families";
}

}  // namespace
}  // namespace turnout::model
