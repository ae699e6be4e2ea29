#include "realserver/realserver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
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
    Result<std::vector<std::string>> interfaces() override {
        return std::vector<std::string>{"eth0"};
    }
};

class RealServer : public testing::Test {
  protected:
    RealServer() {
        std::filesystem::create_directories(folder);
        machine.refused[{Kind::device, "turnout-ipip"}] = EOPNOTSUPP;
    }
    ~RealServer() override { std::filesystem::remove_all(folder); }

    Request request(Method method, const char* vip = "198.51.100.1") {
        return {*model::Address::parse(vip), method, ""};
    }
    bool ready(const Request& wanted) {
        return std::ranges::all_of(*check(wanted, machine, memory), &Finding::right);
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

TEST_F(RealServer, prefers_the_kernels_tunnel_device) {
    machine.refused.clear();
    ASSERT_TRUE(set_up(request(Method::tunnel), machine, memory));
    EXPECT_EQ(machine.state.at({Kind::device, "turnout-ipip"}), up);
    EXPECT_FALSE(machine.state.contains({Kind::filter, "eth0"}));
}

TEST_F(RealServer, uses_tunl0_where_the_kernel_has_made_it) {
    machine.state[{Kind::device, "tunl0"}] = down;
    ASSERT_TRUE(set_up(request(Method::tunnel), machine, memory));
    EXPECT_EQ(machine.state.at({Kind::device, "tunl0"}), up);
    ASSERT_TRUE(undo(request(Method::tunnel).vip, machine, memory));
    EXPECT_EQ(machine.state.at({Kind::device, "tunl0"}), down);
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

TEST_F(RealServer, ipv6_needs_only_the_address) {
    const auto ipv6 = request(Method::direct, "2001:db8::1");
    EXPECT_EQ(check(ipv6, machine, memory)->size(), 1u);
    EXPECT_FALSE(set_up(request(Method::tunnel, "2001:db8::1"), machine, memory));
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

}  // namespace
}  // namespace turnout::realserver
