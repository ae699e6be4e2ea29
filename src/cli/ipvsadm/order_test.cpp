#include "cli/ipvsadm/order.hpp"

#include <gtest/gtest.h>

#include <random>

namespace turnout::ipvsadm {
namespace {

std::vector<std::string> sorted(std::vector<std::string> addresses) {
    std::vector<model::ServerReport> reports(addresses.size());
    for (size_t i = 0; i < addresses.size(); ++i)
        reports[i].server.key = {*model::Address::parse(addresses[i]), 80};
    sort(reports);
    for (size_t i = 0; i < addresses.size(); ++i)
        addresses[i] = reports[i].server.key.address.to_string();
    return addresses;
}

using Addresses = std::vector<std::string>;

TEST(Order, differences_wrap) {
    EXPECT_EQ(sorted({"10.0.0.1", "203.0.113.1", "192.0.2.1"}),
              (Addresses{"192.0.2.1", "203.0.113.1", "10.0.0.1"}));
    EXPECT_EQ(sorted({"2001:db8::2", "fd00::1", "2001:db8::1"}),
              (Addresses{"fd00::1", "2001:db8::1", "2001:db8::2"}));
}

TEST(Order, services_go_by_mark_family_protocol_address_port) {
    std::vector<model::ServiceReport> reports(5);
    const auto ip = model::Address::ipv4(192, 0, 2, 1);
    reports[0].service.key.mark = 1;
    reports[1].service.key = {0, model::Protocol::tcp, *model::Address::parse("2001:db8::1"), 1};
    reports[2].service.key = {0, model::Protocol::udp, ip, 1};
    reports[3].service.key = {0, model::Protocol::tcp, ip, 443};
    reports[4].service.key = {0, model::Protocol::tcp, ip, 80};
    const auto before = reports;
    sort(reports);
    const int expected[] = {4, 3, 2, 1, 0};
    for (size_t i = 0; i < reports.size(); ++i)
        EXPECT_EQ(reports[i].service.key, before[static_cast<size_t>(expected[i])].service.key);
}

// The comparison is no order, but nothing may be lost by it.
TEST(Order, nothing_is_lost) {
    std::mt19937 random(7);
    std::vector<model::ServerReport> reports(1000);
    uint64_t sum = 0;
    for (auto& report : reports) {
        for (uint8_t& byte : report.server.key.address.bytes) byte = static_cast<uint8_t>(random());
        sum += report.active = static_cast<uint32_t>(random());
    }
    sort(reports);
    for (const auto& report : reports) sum -= report.active;
    EXPECT_EQ(sum, 0u);
}

}  // namespace
}  // namespace turnout::ipvsadm
