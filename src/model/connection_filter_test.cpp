#include "model/connection_filter.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace turnout::model {
namespace {

ConnectionReport connection() {
    ConnectionReport made;
    made.protocol = Protocol::tcp;
    made.client = Address::ipv4(203, 0, 113, 7);
    made.client_port = 40000;
    made.service = *service_named("tcp:198.51.100.1:80");
    made.server = Address::ipv4(10, 1, 0, 11);
    made.server_port = 8080;
    made.serving = {made.server, 8080};
    made.state = "ESTABLISHED";
    return made;
}

bool matches(std::initializer_list<std::pair<const char*, const char*>> words) {
    ConnectionFilter filter;
    for (const auto& [name, value] : words) EXPECT_TRUE(filter.add(name, value)) << value;
    return filter.matches(connection());
}

TEST(ConnectionFilter, without_words_matches_all) {
    EXPECT_TRUE(matches({}));
}

TEST(ConnectionFilter, each_word_is_looked_at) {
    EXPECT_TRUE(matches({{"client", "203.0.113.0/24"}}));
    EXPECT_TRUE(matches({{"client", "203.0.113.7:40000"}}));
    EXPECT_FALSE(matches({{"client", "203.0.113.7:40001"}}));
    EXPECT_FALSE(matches({{"client", "203.0.112.0/24"}}));
    EXPECT_FALSE(matches({{"client", "::/0"}}));
    EXPECT_TRUE(matches({{"service", "tcp:198.51.100.1:80"}}));
    EXPECT_FALSE(matches({{"service", "udp:198.51.100.1:80"}}));
    EXPECT_FALSE(matches({{"service", "fwm:1"}}));
    EXPECT_TRUE(matches({{"server", "10.1.0.11"}}));
    EXPECT_TRUE(matches({{"server", "10.1.0.11:8080"}}));
    EXPECT_FALSE(matches({{"server", "10.1.0.11:80"}}));
    EXPECT_TRUE(matches({{"protocol", "tcp"}}));
    EXPECT_FALSE(matches({{"protocol", "sctp"}}));
    EXPECT_TRUE(matches({{"state", "established"}}));
    EXPECT_FALSE(matches({{"state", "CLOSE"}}));
    EXPECT_TRUE(matches({{"kind", "connection"}}));
    EXPECT_FALSE(matches({{"kind", "template"}}));
}

TEST(ConnectionFilter, all_words_must_match) {
    EXPECT_TRUE(
        matches({{"client", "203.0.113.7"}, {"protocol", "tcp"}, {"server", "10.1.0.0/16"}}));
    EXPECT_FALSE(matches({{"client", "203.0.113.7"}, {"protocol", "udp"}}));
}

TEST(ConnectionFilter, what_makes_no_sense_is_refused) {
    for (const auto& [name, value] :
         std::initializer_list<std::pair<const char*, const char*>>{{"client", "example.org"},
                                                                    {"service", "198.51.100.1:80"},
                                                                    {"server", ""},
                                                                    {"protocol", "icmp"},
                                                                    {"state", "OPEN"},
                                                                    {"kind", "reply"},
                                                                    {"port", "80"},
                                                                    {"", ""}}) {
        ConnectionFilter filter;
        const Status added = filter.add(name, value);
        ASSERT_FALSE(added) << name << '=' << value;
        EXPECT_EQ(added.error().code, EINVAL);
    }
}

}  // namespace
}  // namespace turnout::model
