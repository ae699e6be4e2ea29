// The schedulers against plain statements of IPVS's rules, over random lists and changes.
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "director/director.hpp"
#include "native/native_env.hpp"
#include "native/testing.hpp"

namespace turnout::native {
namespace {

// Weighted round robin as IPVS words it: a walk, one pass for every weight from the top down.
class WalkingWrr {
  public:
    void changed(const std::vector<int>& weights) {
        const int top = weights.empty() ? 0 : *std::max_element(weights.begin(), weights.end());
        step_ = 0;
        for (const int weight : weights) step_ = std::gcd(step_, weight);
        if (step_ == 0) step_ = 1;
        top_ = top - (step_ - 1);
        if (weight_ > top_ || weight_ == 0)
            weight_ = top_;
        else if (step_ > 1)
            weight_ = weight_ / step_ * step_ + 1;
        at_ = -1;
    }
    // The index chosen, or -1 if no server has a weight.
    int next(const std::vector<int>& weights) {
        if (top_ <= 0) return -1;
        while (true) {
            while (++at_ < static_cast<int>(weights.size()))
                if (weights[static_cast<size_t>(at_)] >= weight_) return at_;
            at_ = -1;
            weight_ -= step_;
            if (weight_ <= 0) weight_ = top_;
        }
    }

  private:
    int at_ = -1, weight_ = 0, top_ = 0, step_ = 1;
};

class Scheduling : public testing::Test {
  protected:
    void start(const char* scheduler) {
        tables = std::make_unique<MemoryTables>();
        director = std::make_unique<director::Director>(
            tables->rows, model::Limits{64, 256, 256},
            [](const model::Address&) { return std::optional<model::Address>(); },
            [] { return uint64_t{1000000000}; });
        model::Service service;
        service.key = web;
        service.scheduler = scheduler;
        ASSERT_TRUE(director->apply(model::AddService{service}));
    }
    static model::Server server(int number, int weight) {
        model::Server made;
        made.key = {model::Address::ipv4(10, 1, 0, static_cast<uint8_t>(number)), 80};
        made.weight = weight;
        return made;
    }
    // The number of the server that gets the next connection, or -1.
    int choose() {
        NativeEnv<Lane::complete> env(*tables, world, {});
        Opening opening{};
        opening.record.last_seen = world.now;
        abi::Tuple& tuple = opening.record.tuple;
        tuple.virtual_address.word[0] = to_be(0xc6336401u);
        tuple.virtual_port = to_be(uint16_t{80});
        tuple.protocol = 6;
        tuple.family = abi::Family::ipv4;
        if (env.schedule(opening) != Answer::connect) return -1;
        const abi::Server& chosen = tables->rows.servers[opening.record.server];
        return static_cast<int>(to_host(chosen.address.word[0]) & 0xff);
    }
    void open(int number, uint64_t load) {
        for (size_t id = 0; id < tables->rows.servers.size(); ++id)
            if ((to_host(tables->rows.servers[id].address.word[0]) & 0xff) ==
                static_cast<uint32_t>(number))
                tables->rows.server_states[id].load += load;
    }

    std::unique_ptr<MemoryTables> tables;
    std::unique_ptr<director::Director> director;
    World world{};
};

TEST_F(Scheduling, wrr_equals_the_walk_through_every_pass) {
    const unsigned seed = 20001;
    std::mt19937 random(seed);
    for (int round = 0; round < 200; ++round) {
        start("wrr");
        WalkingWrr walk;
        walk.changed({});
        std::vector<std::pair<int, int>> list;  // number and weight, in list order
        const auto weights = [&] {
            std::vector<int> all;
            for (const auto& [number, weight] : list) all.push_back(weight);
            return all;
        };
        for (int change = 0; change < 12; ++change) {
            const int what = static_cast<int>(random() % 3);
            const int weight = static_cast<int>(random() % 4 ? random() % 9 : random() % 60000);
            if (what == 0 || list.empty()) {
                list.insert(list.begin(), {change + 1, weight});
                ASSERT_TRUE(director->apply(model::AddServer{web, server(change + 1, weight)}));
            } else {
                const size_t which = random() % list.size();
                const model::Server changed = server(list[which].first, weight);
                if (what == 1) {
                    list[which].second = weight;
                    ASSERT_TRUE(director->apply(model::EditServer{web, changed}));
                } else {
                    list.erase(list.begin() + static_cast<long>(which));
                    ASSERT_TRUE(director->apply(model::RemoveServer{web, changed.key}));
                }
            }
            walk.changed(weights());
            for (int i = 0; i < 20; ++i) {
                const int index = walk.next(weights());
                const int expected = index < 0 ? -1 : list[static_cast<size_t>(index)].first;
                ASSERT_EQ(choose(), expected)
                    << "seed " << seed << ", round " << round << ", change " << change;
            }
        }
    }
}

TEST_F(Scheduling, rr_keeps_its_place_when_servers_come_and_go) {
    start("rr");
    for (const int number : {1, 2})
        ASSERT_TRUE(director->apply(model::AddServer{web, server(number, 1)}));
    const auto take = [&](int count) {
        std::vector<int> chosen;
        for (int i = 0; i < count; ++i) chosen.push_back(choose());
        return chosen;
    };
    // As kernel IPVS was seen to choose.
    EXPECT_EQ(take(3), (std::vector<int>{2, 1, 2}));
    ASSERT_TRUE(director->apply(model::AddServer{web, server(3, 1)}));
    EXPECT_EQ(take(6), (std::vector<int>{1, 3, 2, 1, 3, 2}));
    ASSERT_TRUE(director->apply(model::EditServer{web, server(2, 0)}));
    EXPECT_EQ(take(5), (std::vector<int>{1, 3, 1, 3, 1}));
    ASSERT_TRUE(director->apply(model::EditServer{web, server(2, 1)}));
    EXPECT_EQ(take(5), (std::vector<int>{3, 2, 1, 3, 2}));
    ASSERT_TRUE(director->apply(model::RemoveServer{web, server(3, 1).key}));
    EXPECT_EQ(take(4), (std::vector<int>{1, 2, 1, 2}));
}

TEST_F(Scheduling, wlc_takes_the_least_load_per_weight_and_the_first_of_equals) {
    const unsigned seed = 4711;
    std::mt19937_64 random(seed);
    for (int round = 0; round < 300; ++round) {
        start("wlc");
        struct Entry {
            int number;
            uint64_t overhead, weight;
        };
        std::vector<Entry> list;
        for (int number = 1; number <= 6; ++number) {
            const auto weight = random() % 5;
            const auto active = random() % 20, inactive = random() % 400;
            ASSERT_TRUE(
                director->apply(model::AddServer{web, server(number, static_cast<int>(weight))}));
            open(number, active << 32 | inactive);
            list.insert(list.begin(), {number, active * 256 + inactive, weight});
        }
        const Entry* best = nullptr;
        for (const Entry& entry : list)
            if (entry.weight &&
                (!best || entry.overhead * best->weight < best->overhead * entry.weight))
                best = &entry;
        EXPECT_EQ(choose(), best ? best->number : -1) << "seed " << seed << ", round " << round;
    }
}

TEST_F(Scheduling, lc_looks_at_no_weight_but_zero) {
    start("lc");
    for (const int number : {1, 2, 3})
        ASSERT_TRUE(
            director->apply(model::AddServer{web, server(number, number == 3 ? 0 : number * 100)}));
    open(2, abi::load::active_one);
    open(1, 255 * abi::load::inactive_one);
    EXPECT_EQ(choose(), 1);
    open(1, 2 * abi::load::inactive_one);
    EXPECT_EQ(choose(), 2);
}

}  // namespace
}  // namespace turnout::native
