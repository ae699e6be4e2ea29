#include "realserver/realserver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>

namespace turnout::realserver {
namespace {

using testing::Contains;
using testing::HasSubstr;

// A host made of words, which can be told to refuse a write.
class FakeMachine : public Machine {
  public:
    std::map<Thing, std::string> state{
        {{Kind::setting, "net/ipv4/conf/all/arp_ignore"}, "0"},
        {{Kind::setting, "net/ipv4/conf/all/arp_announce"}, "0"},
        {{Kind::setting, "net/ipv4/conf/all/rp_filter"}, "0"},
        {{Kind::setting, "net/ipv4/conf/eth0/rp_filter"}, "1"},
    };
    std::map<Thing, int> refused;  // errno

    Result<std::string> read(const Thing& thing) override {
        const auto found = state.find(thing);
        return found == state.end() ? absent : found->second;
    }
    Status write(const Thing& thing, const std::string& value) override {
        if (const auto found = refused.find(thing); found != refused.end())
            return fail(found->second, "refused");
        if (value == absent)
            state.erase(thing);
        else
            state[thing] = value;
        return {};
    }
    Result<std::vector<Interface>> interfaces() override { return links; }
    std::vector<Interface> links{{"eth0", 1500}};
};

class RealServer : public testing::Test {
  protected:
    RealServer() { std::filesystem::create_directories(folder); }
    ~RealServer() override { std::filesystem::remove_all(folder); }

    Request request(Method method, const char* vip = "198.51.100.1", uint16_t gue_port = 0) {
        return {*model::Address::parse(vip), method, "", gue_port, {}};
    }
    Request limited(Mss mss, const char* vip = "198.51.100.1") {
        auto wanted = request(Method::tunnel, vip);
        wanted.mss = mss;
        return wanted;
    }
    std::string clamp_on(const char* interface) { return *machine.read({Kind::clamp, interface}); }
    bool ready(const Request& wanted) {
        return std::ranges::all_of(*check(wanted, machine), &Finding::right);
    }
    bool remembers_nothing() { return memory.load_all()->empty(); }

    std::filesystem::path folder = testing::TempDir() + "realserver-" + std::to_string(::getpid());
    Memory memory{folder, "1"};
    FakeMachine machine;
};

TEST_F(RealServer, is_ready_after_set_up_and_as_before_after_undo) {
    for (const auto method : {Method::direct, Method::tunnel}) {
        const auto before = machine.state;
        EXPECT_FALSE(ready(request(method)));
        ASSERT_TRUE(set_up(request(method), machine, memory));
        EXPECT_TRUE(ready(request(method)));
        ASSERT_TRUE(undo(request(method).vip, machine, memory));
        EXPECT_EQ(machine.state, before);
        EXPECT_TRUE(remembers_nothing());
    }
}

TEST_F(RealServer, set_up_twice_changes_nothing_and_still_undoes_all) {
    const auto before = machine.state;
    ASSERT_TRUE(set_up(request(Method::direct), machine, memory));
    EXPECT_TRUE(set_up(request(Method::direct), machine, memory)->empty());
    ASSERT_TRUE(undo(request(Method::direct).vip, machine, memory));
    EXPECT_EQ(machine.state, before);
}

TEST_F(RealServer, a_failure_midway_leaves_everything_as_it_was) {
    const auto before = machine.state;
    machine.refused[{Kind::filter, "eth0"}] = EPERM;
    EXPECT_FALSE(set_up(request(Method::tunnel), machine, memory));
    EXPECT_EQ(machine.state, before);
    EXPECT_TRUE(remembers_nothing());
}

TEST_F(RealServer, takes_gue_off_at_the_port_it_is_told) {
    const Thing filter{Kind::filter, "eth0"};
    const auto with_gue = request(Method::tunnel, "198.51.100.1", 6080);
    ASSERT_TRUE(set_up(with_gue, machine, memory));
    EXPECT_EQ(gue_port_of(machine.state.at(filter)), 6080);
    machine.state[filter] = decapsulating(6081);
    EXPECT_FALSE(ready(with_gue));
    ASSERT_TRUE(set_up(with_gue, machine, memory));
    EXPECT_TRUE(ready(with_gue));
}

TEST_F(RealServer, another_gue_port_needs_an_undo_first) {
    ASSERT_TRUE(set_up(request(Method::tunnel), machine, memory));
    EXPECT_FALSE(set_up(request(Method::tunnel, "198.51.100.1", 6080), machine, memory));
}

TEST_F(RealServer, direct_routing_has_no_gue_port) {
    const auto refused = set_up(request(Method::direct, "198.51.100.1", 6080), machine, memory);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("--method tunnel"));
}

TEST_F(RealServer, the_cure_names_the_gue_port) {
    const auto findings = *check(request(Method::tunnel, "198.51.100.1", 6080), machine);
    EXPECT_THAT(findings.back().cure, HasSubstr("sysctl"));
    EXPECT_TRUE(std::ranges::any_of(findings, [](const Finding& finding) {
        return finding.cure.ends_with("--method tunnel --tun-port 6080");
    }));
}

TEST_F(RealServer, limits_segments_where_answers_may_leave) {
    machine.links.push_back({"eth1", 1400});
    machine.state[{Kind::setting, "net/ipv4/conf/eth1/rp_filter"}] = "0";
    const auto before = machine.state;
    auto wanted = limited({.automatic = false, .most = 1360});
    wanted.interface = "eth0";
    ASSERT_TRUE(set_up(wanted, machine, memory));
    EXPECT_TRUE(ready(wanted));
    EXPECT_EQ(clamp_on("eth0"), "at 1360");
    EXPECT_EQ(clamp_on("eth1"), "at 1360");
    EXPECT_FALSE(machine.state.contains({Kind::filter, "eth1"}));
    EXPECT_EQ(std::ranges::count(*check(wanted, machine), "the tc hook of eth0", &Finding::what),
              1);
    EXPECT_TRUE(set_up(wanted, machine, memory)->empty());
    ASSERT_TRUE(undo(wanted.vip, machine, memory));
    EXPECT_EQ(machine.state, before);
}

TEST_F(RealServer, an_automatic_limit_is_that_of_the_narrowest_way_in) {
    machine.links.push_back({"eth1", 1400});
    auto wanted = limited({.automatic = true, .most = 0});
    ASSERT_TRUE(set_up(wanted, machine, memory));
    EXPECT_EQ(clamp_on("eth0"), "at 1312");
    ASSERT_TRUE(undo(wanted.vip, machine, memory));
    wanted.interface = "eth0";
    ASSERT_TRUE(set_up(wanted, machine, memory));
    EXPECT_EQ(clamp_on("eth1"), "at 1412");
}

TEST_F(RealServer, an_automatic_limit_follows_the_mtu_and_is_still_undone) {
    const auto before = machine.state;
    const auto wanted = limited({.automatic = true, .most = 0});
    ASSERT_TRUE(set_up(wanted, machine, memory));
    machine.links.front().mtu = 9000;
    EXPECT_FALSE(ready(wanted));
    ASSERT_TRUE(set_up(wanted, machine, memory));
    EXPECT_EQ(clamp_on("eth0"), "at 8912");
    ASSERT_TRUE(undo(wanted.vip, machine, memory));
    EXPECT_EQ(machine.state, before);
}

TEST_F(RealServer, no_tunnel_fits_into_a_tiny_mtu) {
    const auto before = machine.state;
    machine.links.front().mtu = 100;
    const auto refused = set_up(limited({.automatic = true, .most = 0}), machine, memory);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("MTU of 100"));
    EXPECT_EQ(machine.state, before);
}

TEST_F(RealServer, another_limit_needs_an_undo_first) {
    ASSERT_TRUE(set_up(limited({.automatic = false, .most = 1360}), machine, memory));
    EXPECT_FALSE(set_up(limited({.automatic = false, .most = 1350}), machine, memory));
    EXPECT_FALSE(set_up(limited({.automatic = true, .most = 0}), machine, memory));
    EXPECT_FALSE(set_up(limited({}), machine, memory));
}

TEST_F(RealServer, direct_routing_has_no_limit) {
    auto wanted = limited({.automatic = false, .most = 1360});
    wanted.method = Method::direct;
    const auto refused = set_up(wanted, machine, memory);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("--method tunnel"));
}

TEST_F(RealServer, the_cure_names_the_limit) {
    const auto findings = *check(limited({.automatic = true, .most = 0}), machine);
    EXPECT_TRUE(std::ranges::any_of(findings, [](const Finding& finding) {
        return finding.what == "the MSS clamp on eth0" && finding.cure.ends_with(" --mss auto");
    }));
}

TEST_F(RealServer, shared_settings_stay_for_the_address_that_is_left) {
    const auto before = machine.state;
    const auto other = request(Method::direct, "198.51.100.2");
    ASSERT_TRUE(set_up(request(Method::direct), machine, memory));
    ASSERT_TRUE(set_up(other, machine, memory));
    ASSERT_TRUE(undo(request(Method::direct).vip, machine, memory));
    EXPECT_EQ(machine.state.at({Kind::setting, "net/ipv4/conf/all/arp_ignore"}), "1");
    ASSERT_TRUE(undo(other.vip, machine, memory));
    EXPECT_EQ(machine.state, before);
}

TEST_F(RealServer, a_later_change_by_someone_else_is_left_alone) {
    const Thing setting{Kind::setting, "net/ipv4/conf/all/arp_announce"};
    ASSERT_TRUE(set_up(request(Method::direct), machine, memory));
    machine.state[setting] = "1";
    const auto changes = undo(request(Method::direct).vip, machine, memory);
    EXPECT_THAT(*changes, Contains(HasSubstr("left at 1")));
    EXPECT_EQ(machine.state.at(setting), "1");
}

TEST_F(RealServer, strict_filtering_everywhere_makes_zero_wrong_on_the_interface) {
    machine.state[{Kind::setting, "net/ipv4/conf/all/rp_filter"}] = "1";
    machine.state[{Kind::setting, "net/ipv4/conf/eth0/rp_filter"}] = "0";
    ASSERT_TRUE(set_up(request(Method::direct), machine, memory));
    EXPECT_EQ(machine.state.at({Kind::setting, "net/ipv4/conf/eth0/rp_filter"}), "2");
}

TEST_F(RealServer, another_method_needs_an_undo_first) {
    ASSERT_TRUE(set_up(request(Method::direct), machine, memory));
    const auto refused = set_up(request(Method::tunnel), machine, memory);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("--undo first"));
}

TEST_F(RealServer, ipv6_needs_no_settings) {
    EXPECT_EQ(check(request(Method::direct, "2001:db8::1"), machine)->size(), 1u);
    const auto tunnel = request(Method::tunnel, "2001:db8::1");
    EXPECT_EQ(check(tunnel, machine)->size(), 3u);
    ASSERT_TRUE(set_up(tunnel, machine, memory));
    EXPECT_TRUE(ready(tunnel));
}

TEST_F(RealServer, a_broken_file_is_named_not_trusted) {
    std::ofstream(folder / "realserver-1-198.51.100.1.json") << "{";
    const auto refused = set_up(request(Method::direct), machine, memory);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("198.51.100.1.json"));
}

TEST_F(RealServer, addresses_nobody_can_reach_are_refused) {
    for (const char* vip : {"127.0.0.1", "224.0.0.1", "0.0.0.0", "::1"})
        EXPECT_FALSE(set_up(request(Method::direct, vip), machine, memory)) << vip;
}

TEST(Decapsulating, is_read_back_from_its_words) {
    for (const auto port : std::to_array<uint16_t>({0, 1, 6080, 65535}))
        EXPECT_EQ(gue_port_of(decapsulating(port)), port);
}

TEST(Decapsulating, is_nothing_else) {
    for (const char* state :
         {"absent", "", "present, with GUE at port ", "present, with GUE at port 0",
          "present, with GUE at port 65536", "present, with GUE at port 80x"})
        EXPECT_FALSE(gue_port_of(state)) << state;
}

TEST(Clamping, is_read_back_from_its_words) {
    for (const auto mss : std::to_array<uint16_t>({88, 1360, 32767}))
        EXPECT_EQ(mss_of(clamping(mss)), mss);
    for (const char* state : {"absent", "", "at ", "at 0", "at 65536", "at 13x", "present"})
        EXPECT_FALSE(mss_of(state)) << state;
}

}  // namespace
}  // namespace turnout::realserver
