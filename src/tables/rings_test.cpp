// The rings of dh, sh and mh: filled by weight, whole, and steady when servers come and go.
#include "tables/rings.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "path/schedulers/mh.hpp"

namespace turnout::tables {
namespace {

RingServer server(uint8_t number, int32_t weight) {
    RingServer made{};
    made.address.word[0] = to_be(0x0a010000u + number);
    made.port = to_be(uint16_t{80});
    made.weight = made.last_weight = weight;
    return made;
}

std::map<uint16_t, int> shares(const std::vector<uint16_t>& ring) {
    std::map<uint16_t, int> count;
    for (const uint16_t position : ring) ++count[position];
    return count;
}

TEST(Rings, a_drained_server_has_no_slots) {
    for (const auto scheduler : {abi::Scheduler::dh, abi::Scheduler::sh, abi::Scheduler::mh}) {
        std::vector<RingServer> servers{server(1, 1), server(2, 2), server(3, 1)};
        servers[1].is_drained = true;
        const auto share = shares(make_ring(scheduler, servers));
        EXPECT_EQ(share.size(), 2u);
        EXPECT_FALSE(share.contains(2));
        EXPECT_FALSE(share.contains(0));
        for (RingServer& each : servers) each.is_drained = true;
        EXPECT_EQ(shares(make_ring(scheduler, servers)).size(), 1u) << "nobody has a slot";
    }
}

TEST(Rings, dh_goes_round_the_servers_whatever_their_weight) {
    const auto ring = make_ring(abi::Scheduler::dh, {server(1, 5), server(2, 0), server(3, 1)});
    ASSERT_EQ(ring.size(), 256u);
    for (size_t slot = 0; slot < ring.size(); ++slot) EXPECT_EQ(ring[slot], slot % 3 + 1);
}

TEST(Rings, sh_gives_as_many_slots_in_a_row_as_a_server_has_weight) {
    const auto ring = make_ring(abi::Scheduler::sh, {server(1, 2), server(2, 0), server(3, 1)});
    const std::vector<uint16_t> begin(ring.begin(), ring.begin() + 8);
    EXPECT_EQ(begin, (std::vector<uint16_t>{1, 1, 2, 3, 1, 1, 2, 3}));
}

TEST(Rings, without_servers_nobody_stands_in_a_slot) {
    for (const auto scheduler : {abi::Scheduler::dh, abi::Scheduler::sh, abi::Scheduler::mh})
        EXPECT_EQ(shares(make_ring(scheduler, {})).size(), 1u);
    EXPECT_TRUE(make_ring(abi::Scheduler::wlc, {server(1, 1)}).empty());
}

TEST(Rings, mh_shares_its_table_by_weight) {
    const auto ring = make_ring(abi::Scheduler::mh, {server(1, 1), server(2, 2), server(3, 5)});
    ASSERT_EQ(ring.size(), mh::table_slots);
    auto count = shares(ring);
    EXPECT_EQ(count.count(0), 0u);
    for (const auto& [position, weight] : std::map<uint16_t, int>{{1, 1}, {2, 2}, {3, 5}})
        EXPECT_NEAR(count[position], mh::table_slots * weight / 8.0, 8) << position;
}

TEST(Rings, mh_keeps_the_share_of_a_server_that_is_taken_out_by_weight_0) {
    std::vector<RingServer> servers{server(1, 1), server(2, 3)};
    const auto before = make_ring(abi::Scheduler::mh, servers);
    servers[1].weight = 0;  // and its last weight stays
    EXPECT_EQ(make_ring(abi::Scheduler::mh, servers), before);
}

// Of what the servers that stay had, Maglev moves a few percent when one of N goes.
TEST(Rings, mh_moves_little_when_a_server_goes) {
    std::mt19937 random(77);
    for (int round = 0; round < 20; ++round) {
        std::vector<RingServer> servers;
        const size_t count = 5 + random() % 20;
        for (size_t i = 0; i < count; ++i)
            servers.push_back(server(static_cast<uint8_t>(random() % 250), 1));
        const auto before = make_ring(abi::Scheduler::mh, servers);
        const size_t gone = random() % count;
        auto fewer = servers;
        fewer.erase(fewer.begin() + static_cast<long>(gone));
        const auto after = make_ring(abi::Scheduler::mh, fewer);
        int moved = 0;
        for (size_t slot = 0; slot < before.size(); ++slot) {
            const size_t was = before[slot] - 1u, is = after[slot] - 1u;
            if (was == gone) continue;
            moved += is + (is >= gone) != was;
        }
        EXPECT_LT(moved, static_cast<int>(mh::table_slots) / 5) << "round " << round;
    }
}

}  // namespace
}  // namespace turnout::tables
