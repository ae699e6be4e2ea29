// The connection table over plain memory: what fits, what is refused, what ends, and races.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "native/run.hpp"

namespace turnout::native {
namespace {

using Env = NativeEnv<Lane::complete>;

abi::Tuple numbered(uint32_t number) {
    abi::Tuple tuple{};
    tuple.client.word[0] = to_be(0x0a000000u + number);
    tuple.virtual_address.word[0] = to_be(0xc6336401u);
    tuple.client_port = to_be(static_cast<uint16_t>(1024 + number % 50000));
    tuple.virtual_port = to_be(uint16_t{80});
    tuple.protocol = 6;
    tuple.family = abi::Family::ipv4;
    return tuple;
}

abi::Connection record(uint32_t number, abi::Tick now) {
    abi::Connection made{};
    made.tuple = numbered(number);
    made.last_seen = now;
    made.timeout = timeout_before_state;
    return made;
}

class ConnectionTable : public testing::Test {
  protected:
    Inserted insert(uint32_t number) {
        const Searched searched = env.find(numbered(number), world.now);
        EXPECT_EQ(searched.location, 0u);
        return env.insert(record(number, world.now), searched.seen);
    }
    void sweep_until_rested() {
        sweep_all(tables, world);
        world.now += static_cast<abi::Tick>(rest_of_the_dead);
        sweep_all(tables, world);
    }

    MemoryTables tables{{.connection_bits = 10, .services = 4, .servers = 4}};
    World world{.now = 1000};
    Env env{tables, world, {}};
};

TEST_F(ConnectionTable, holds_as_many_as_it_was_made_for) {
    for (uint32_t i = 0; i < 1024; ++i) ASSERT_TRUE(insert(i).inserted) << i;
    for (uint32_t i = 0; i < 1024; ++i)
        EXPECT_NE(env.find(numbered(i), world.now).location, 0u) << i;
    EXPECT_EQ(env.find(numbered(5000), world.now).location, 0u);
}

TEST_F(ConnectionTable, refuses_what_has_no_room_and_keeps_what_it_has) {
    std::vector<uint32_t> in;
    for (uint32_t i = 0; i < 4000; ++i)
        if (insert(i).location) in.push_back(i);
    EXPECT_GT(in.size(), 1024u);
    EXPECT_LE(in.size(), 1024u * 15 / 8);
    for (const uint32_t i : in) {
        const abi::Connection* connection = at(env, env.find(numbered(i), world.now).location);
        ASSERT_NE(connection, nullptr) << i;
        EXPECT_TRUE(same(connection->tuple, numbered(i))) << i;
    }
}

TEST_F(ConnectionTable, an_expired_record_is_absent_before_it_is_swept) {
    ASSERT_TRUE(insert(1).inserted);
    world.now += timeout_before_state - 1;
    EXPECT_NE(env.find(numbered(1), world.now).location, 0u);
    world.now += 1;
    EXPECT_EQ(env.find(numbered(1), world.now).location, 0u);
    EXPECT_TRUE(insert(1).inserted);
}

TEST_F(ConnectionTable, swept_lines_can_be_used_again) {
    for (int round = 0; round < 5; ++round) {
        for (uint32_t i = 0; i < 1500; ++i) insert(i);
        world.now += timeout_before_state;
        sweep_until_rested();
        for (const abi::Bucket& bucket : tables.rows.buckets) {
            EXPECT_EQ(bucket.header.word[0] & ~abi::bucket_state::version_mask, 0u);
            for (uint32_t line = 1; line < 16; ++line) EXPECT_EQ(bucket.header.word[line], 0u);
        }
    }
}

TEST_F(ConnectionTable, the_dead_rest_before_their_line_is_cleared) {
    ASSERT_TRUE(insert(1).inserted);
    world.now += timeout_before_state;
    sweep_all(tables, world);
    uint32_t taken = 0;
    for (const abi::Bucket& bucket : tables.rows.buckets)
        for (uint32_t line = 1; line < 16; ++line) taken += bucket.header.word[line] != 0;
    EXPECT_EQ(taken, 1u);
}

TEST_F(ConnectionTable, an_insertion_that_was_overtaken_gives_the_winners_record) {
    const Searched before = env.find(numbered(1), world.now);
    const Inserted winner = env.insert(record(1, world.now), before.seen);
    const Inserted loser = env.insert(record(1, world.now), before.seen);
    EXPECT_TRUE(winner.inserted);
    EXPECT_FALSE(loser.inserted);
    EXPECT_EQ(loser.location, winner.location);
}

// Two CPUs open the same connections at once: each is made by exactly one of them.
TEST_F(ConnectionTable, racing_insertions_make_one_record_each) {
    constexpr uint32_t flows = 900;
    for (int round = 0; round < 50; ++round) {
        std::atomic<uint32_t> made = 0, ready = 0;
        const auto work = [&] {
            Env mine(tables, world, {});
            ready += 1;
            while (ready < 2) std::this_thread::yield();
            for (uint32_t i = 0; i < flows; ++i) {
                const Searched searched = mine.find(numbered(i), world.now);
                if (searched.location) continue;
                made += mine.insert(record(i, world.now), searched.seen).inserted;
            }
        };
        std::thread first(work), second(work);
        first.join();
        second.join();
        EXPECT_EQ(made, flows) << "round " << round;
        world.now += timeout_before_state;
        sweep_until_rested();
    }
}

}  // namespace
}  // namespace turnout::native
