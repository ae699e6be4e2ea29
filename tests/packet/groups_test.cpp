// What a search among many servers remembers, in every world: it holds until the next connection,
// and that goes to the next of equals.  (That what is remembered is right: native/groups_test.cpp.)
#include <gtest/gtest.h>

#include "packet/every_world.hpp"

namespace turnout::test {
namespace {

class GroupsInEveryWorld : public testing::TestWithParam<bool> {};

constexpr uint16_t service_port = 80;
constexpr uint8_t servers = 80;

void serve(director::Director& director) {
    model::Service service;
    service.key = {0, model::Protocol::tcp, vip, service_port};
    service.scheduler = "wlc";
    ASSERT_TRUE(director.apply(model::AddService{service}));
    for (uint8_t number = 1; number <= servers; ++number) {
        model::Server made;
        made.key = {server(number), service_port};
        ASSERT_TRUE(director.apply(model::AddServer{service.key, made}));
    }
}

const abi::Plan& plan_of(const tables::Rows& rows) {
    for (const abi::Service& service : rows.services)
        if (rows.plans[service.plan].count == servers) return rows.plans[service.plan];
    std::abort();
}

// How many of the plan's groups have a memory that holds.
uint32_t remembered(const tables::Rows& rows) {
    const uint32_t first = plan_of(rows).first / abi::group_size;
    uint32_t holding = 0;
    for (uint32_t index = first; index < first + servers / abi::group_size; ++index) {
        const abi::CandidateGroup& group = rows.candidate_group(index);
        holding += abi::holds(group.best, group.cost, group.version);
    }
    return holding;
}

Bytes opening_from(uint16_t client_port) {
    return frame(Ip{client, vip}, Tcp{client_port, service_port, SYN});
}

TEST_P(GroupsInEveryWorld, all_but_that_of_the_last_connection_are_remembered) {
    World& world = every_world(GetParam());
    serve(world.fresh());
    for (uint16_t connection = 1; connection <= 3 * servers; ++connection) {
        const Outcome outcome = world.send(opening_from(static_cast<uint16_t>(2000 + connection)));
        ASSERT_EQ(outcome.verdict, Verdict::transmit) << connection;
        ASSERT_EQ(remembered(world.rows()), servers / abi::group_size - 1u) << connection;
    }
    const abi::Plan& plan = plan_of(world.rows());
    for (uint32_t i = 0; i < servers; ++i) {
        const abi::Candidate& candidate = world.rows().candidates[plan.first + i];
        const uint64_t load = world.rows().server_states[candidate.server].load;
        EXPECT_EQ(abi::load::active(load) + abi::load::inactive(load), 3u) << "server " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Lanes, GroupsInEveryWorld, testing::Bool(),
                         [](const auto& one) { return one.param ? "complete" : "fast"; });

}  // namespace
}  // namespace turnout::test
