#include "cli/ipvsadm/listing.hpp"

#include <gtest/gtest.h>

#include "cli/ipvsadm/rules.hpp"

namespace turnout::ipvsadm {
namespace {

using model::Address;

const Names numeric(true);
const model::ServiceKey web{0, model::Protocol::tcp, Address::ipv4(10, 0, 0, 1), 80};
const model::ServiceKey web6{0, model::Protocol::tcp, *Address::parse("fd00::1"), 443};

model::ServiceReport service(const model::ServiceKey& key, const char* scheduler,
                             uint32_t flags = 0, uint32_t timeout_s = 0) {
    model::ServiceReport report;
    report.service.key = key;
    report.service.scheduler = scheduler;
    report.service.flags = flags;
    report.service.persistence_timeout_s = timeout_s;
    if (key.address.family == model::Family::ipv6) report.service.netmask = 128;
    return report;
}

model::ServerReport server(model::Method method, int32_t weight, uint32_t active,
                           uint32_t inactive) {
    model::ServerReport report;
    report.server.key = {Address::ipv4(10, 100, 0, 1), 8080};
    report.server.method = method;
    report.server.weight = weight;
    report.active = active;
    report.inactive = inactive;
    return report;
}

Listing listing(Form form, bool exact = false) {
    return {form, exact, numeric};
}

// Recorded from ipvsadm 1.31.
TEST(Listing, services_with_their_flags) {
    namespace flag = model::service_flag;
    const auto line = [](const model::ServiceReport& report) {
        return listing(Form::plain).service(report);
    };
    const uint32_t both = flag::scheduler_1 | flag::scheduler_2;
    EXPECT_EQ(line(service(web, "wrr", flag::persistent, 50)),
              "TCP  10.0.0.1:80 wrr persistent 50\n");
    EXPECT_EQ(line(service(web6, "mh", both)), "TCP  [fd00::1]:443 mh (mh-fallback,mh-port)\n");
    EXPECT_EQ(line(service(web, "rr", flag::one_packet)), "TCP  10.0.0.1:80 rr ops\n");
    model::ServiceKey mark;
    mark.mark = 7;
    EXPECT_EQ(line(service(mark, "sh", both)), "FWM  7 sh (sh-fallback,sh-port)\n");
    mark.address.family = model::Family::ipv6;
    auto masked = service(mark, "rr", flag::persistent, 600);
    masked.service.netmask = 64;
    EXPECT_EQ(line(masked), "FWM  7 IPv6 rr persistent 600 mask 64\n");
    auto engine = service(web, "rr", flag::persistent, 60);
    engine.service.persistence_engine = "sip";
    engine.service.netmask = 0xffffff00;
    EXPECT_EQ(line(engine), "TCP  10.0.0.1:80 rr persistent 60 mask 255.255.255.0 pe sip\n");
}

TEST(Listing, servers_in_the_forms_with_weights) {
    auto report = server(model::Method::nat, 3, 22, 44);
    EXPECT_EQ(listing(Form::plain).server(report, web),
              "  -> 10.100.0.1:8080              Masq    3      22         44        \n");
    EXPECT_EQ(listing(Form::tunnels).server(report, web),
              "  -> 10.100.0.1:8080              Masq    n/a           3      22         44        "
              "\n");
    report.server.method = model::Method::tunnel;
    report.server.tunnel = {model::TunnelType::gue, 6080, 1};
    EXPECT_EQ(listing(Form::tunnels).server(report, web),
              "  -> 10.100.0.1:8080              Tunnel  gue:6080:+c   3      22         44        "
              "\n");
    report.server.upper_threshold = 100;
    report.server.lower_threshold = 50;
    EXPECT_EQ(listing(Form::thresholds).server(report, web),
              "  -> 10.100.0.1:8080              100        50         22         44        \n");
    report.persistent = 9;
    EXPECT_EQ(listing(Form::persistent).server(report, web),
              "  -> 10.100.0.1:8080              3         9           22         44        \n");
}

TEST(Listing, counters_and_rates) {
    auto report = service(web, "wrr");
    report.counters = {5'000'000'000, 6'000'000'000, 700, 12'345'678'901'234, 99};
    report.rates = {12, 340, 56, 7'800'000'000, 9};
    EXPECT_EQ(listing(Form::stats).service(report),
              "TCP  10.0.0.1:80                     5000M    6000M      700   12345G       99\n");
    EXPECT_EQ(listing(Form::stats, true).service(report),
              "TCP  10.0.0.1:80                  5000000000 6000000000      700 12345678901234    "
              "   99\n");
    EXPECT_EQ(listing(Form::rate).service(report),
              "TCP  10.0.0.1:80                        12      340       56    7800M        9\n");
    auto of_server = server(model::Method::nat, 1, 0, 0);
    of_server.rates = report.rates;
    EXPECT_EQ(listing(Form::rate).server(of_server, web),
              "  -> 10.100.0.1:8080                    12      340       56    7800M        9\n");
}

TEST(Listing, large_numbers_change_their_unit) {
    EXPECT_EQ(large_number(99'999'999, false), " 99999999");
    EXPECT_EQ(large_number(100'000'000, false), "  100000K");
    EXPECT_EQ(large_number(999'999'999, false), "  999999K");
    EXPECT_EQ(large_number(1'000'000'000, false), "    1000M");
    EXPECT_EQ(large_number(99'999'999'999, false), "   99999M");
    EXPECT_EQ(large_number(100'000'000'000, false), "     100G");
    EXPECT_EQ(large_number(99'999'999'999'999, false), "   99999G");
    EXPECT_EQ(large_number(100'000'000'000'000, false), "     100T");
    EXPECT_EQ(large_number(UINT64_MAX, false), "18446744T");
    EXPECT_EQ(large_number(99'999'999, true), " 99999999");
    EXPECT_EQ(large_number(100'000'000, true), " 100000000");
}

TEST(Listing, the_version_is_the_interfaces) {
    EXPECT_EQ(Listing::version_line({0x010201, 4096}),
              "IP Virtual Server version 1.2.1 (size=4096)\n");
}

TEST(Rules, say_everything_that_is_not_a_default) {
    auto report = service(web, "wrr", model::service_flag::persistent, 50);
    EXPECT_EQ(service_rule(report.service, numeric), "-A -t 10.0.0.1:80 -s wrr -p 50");
    auto gue = server(model::Method::tunnel, 1, 0, 0).server;
    gue.tunnel = {model::TunnelType::gue, 6080, 2};
    gue.upper_threshold = 9;
    EXPECT_EQ(server_rule(gue, web, numeric),
              "-a -t 10.0.0.1:80 -r 10.100.0.1:8080 -i -w 1 -x 9 --tun-type gue --tun-port 6080 "
              "--tun-remcsum");
}

}  // namespace
}  // namespace turnout::ipvsadm
