#include "model/names.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace turnout::model {
namespace {

TEST(Names, of_services_come_back_as_they_were_given) {
    for (const char* name : {"tcp:198.51.100.1:80", "udp:198.51.100.1:0", "sctp:198.51.100.1:2905",
                             "tcp:[2001:db8::1]:443", "fwm:7", "fwm:4294967295", "fwm:7/ipv6"}) {
        const auto key = service_named(name);
        ASSERT_TRUE(key) << name;
        EXPECT_EQ(name_of(*key), name);
    }
}

TEST(Names, of_no_service_are_refused) {
    for (const char* name :
         {"", "tcp", "tcp:", "198.51.100.1:80", "tcp:198.51.100.1", "tcp:198.51.100.0/24:80",
          "icmp:198.51.100.1:80", "tcp:198.51.100.1:65536", "tcp:198.51.100.1:http",
          "tcp:2001:db8::1:443", "fwm:0", "fwm:", "fwm:x", "fwm:4294967296", "fwm:7/ipv4"}) {
        const auto key = service_named(name);
        ASSERT_FALSE(key) << name;
        EXPECT_EQ(key.error().code, EINVAL);
    }
}

TEST(Names, of_endpoints_have_a_port_or_not) {
    struct {
        const char* name;
        const char* prefix;
        int port;  // -1: none
    } const good[] = {
        {"192.0.2.1", "192.0.2.1", -1},         {"192.0.2.1:80", "192.0.2.1", 80},
        {"192.0.2.77/24", "192.0.2.0/24", -1},  {"192.0.2.0/24:0", "192.0.2.0/24", 0},
        {"2001:db8::1", "2001:db8::1", -1},     {"[2001:db8::1]", "2001:db8::1", -1},
        {"2001:db8::/32", "2001:db8::/32", -1}, {"[2001:db8::/32]:443", "2001:db8::/32", 443}};
    for (const auto& [name, prefix, port] : good) {
        const auto at = endpoint_named(name);
        ASSERT_TRUE(at) << name;
        EXPECT_EQ(at->prefix.to_string(), prefix) << name;
        EXPECT_EQ(at->port ? *at->port : -1, port) << name;
    }
    for (const char* name : {"", ":", ":80", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:80:81",
                             "[192.0.2.1:80", "[2001:db8::1]80", "example.org", "192.0.2.1/33"})
        EXPECT_FALSE(endpoint_named(name)) << name;
}

}  // namespace
}  // namespace turnout::model
