// What holds for every farm: properties of the schedulers over random lists of servers.
//
// The farms come of a seed, which is printed; TURNOUT_SEED=N repeats one, or tries another.
#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <set>

#include "director/director.hpp"
#include "native/native_env.hpp"
#include "native/testing.hpp"

namespace turnout::native {
namespace {

using Random = std::mt19937_64;

uint32_t below(Random& random, uint32_t bound) {
    return static_cast<uint32_t>(random() % bound);
}

constexpr uint32_t first_vip = 0xc6336400, first_client = 0xcb007100;

constexpr const char* schedulers[] = {
#define X(name, number) #name,
    TURNOUT_SCHEDULERS(X)
#undef X
};

abi::Tuple flow(uint32_t client, uint32_t virtual_address = first_vip,
                uint16_t client_port = 1024) {
    abi::Tuple tuple{};
    tuple.client.word[0] = to_be(client);
    tuple.virtual_address.word[0] = to_be(virtual_address);
    tuple.client_port = to_be(client_port);
    tuple.virtual_port = to_be(uint16_t{80});
    tuple.protocol = 6;
    tuple.family = abi::Family::ipv4;
    return tuple;
}

abi::Tuple random_flow(Random& random) {
    return flow(first_client + below(random, 40), first_vip + below(random, 20),
                static_cast<uint16_t>(1024 + below(random, 5000)));
}

// One service by mark, so that connections to any address are its own, and its servers.  They are
// named by their place in the list, from 0.
class Farm {
  public:
    Farm(const char* scheduler, const std::vector<int>& weights, uint32_t flags = 0,
         bool thresholds = false)
        : director_(
              tables_.rows, model::Limits{64, 256, 256},
              [](const model::Address&) { return std::optional<model::Address>(); },
              [] { return uint64_t{1000000000}; }) {
        model::Service service;
        service.key.mark = 1;
        service.scheduler = scheduler;
        service.flags = flags;
        apply(model::AddService{service});
        for (size_t i = weights.size(); i-- > 0;)
            apply(model::AddServer{service.key, server(i, weights[i], thresholds)});
    }

    static constexpr int nobody = -1;

    // Who gets the connection.  It is not made: the farm is as loaded as before.
    int choose(const abi::Tuple& tuple) {
        NativeEnv<Lane::complete> env(tables_, world, {});
        Opening opening{};
        opening.record.tuple = tuple;
        opening.record.last_seen = world.now;
        opening.service = 0;
        if (turnout::detail::schedule(env, opening) != Answer::connect) return nobody;
        return static_cast<int>(
                   to_host(tables_.rows.servers[opening.record.server].address.word[0])) &
               0xff;
    }
    void set_weight(size_t index, int weight) {
        model::ServiceKey key;
        key.mark = 1;
        apply(model::EditServer{key, server(index, weight, true)});
    }
    // Found anew each time: rows of servers are given in the order they were added.
    abi::ServerState& state(size_t index) {
        for (size_t id = 0; id < tables_.rows.servers.size(); ++id)
            if (tables_.rows.servers[id].address.word[0] == to_be(address(index)))
                return tables_.rows.server_states[id];
        throw std::out_of_range("no such server");
    }
    bool overloaded(size_t index) { return state(index).overloaded; }

    World world{.now = 1000};

  private:
    static uint32_t address(size_t index) { return 0x0a010000 + static_cast<uint32_t>(index); }
    static model::Server server(size_t index, int weight, bool thresholds) {
        model::Server made;
        made.key = {model::Address::ipv4(10, 1, 0, static_cast<uint8_t>(index)), 80};
        made.weight = weight;
        made.upper_threshold = thresholds ? 1000 : 0;
        return made;
    }
    void apply(const model::Change& change) {
        const Status done = director_.apply(change);
        if (!done) throw std::runtime_error(done.error().message);
    }

    MemoryTables tables_;
    director::Director director_;
};

std::vector<int> random_weights(Random& random, uint32_t greatest, bool zeros) {
    std::vector<int> weights(1 + below(random, 12));
    for (int& weight : weights)
        weight = zeros && below(random, 4) == 0 ? 0 : 1 + static_cast<int>(below(random, greatest));
    return weights;
}

void load_at_random(Farm& farm, size_t count, Random& random) {
    for (size_t i = 0; i < count; ++i) {
        farm.state(i).load = abi::load::active_one * (below(random, 8)) + below(random, 600);
        farm.state(i).overloaded = below(random, 4) == 0;
    }
}

// These find a server as long as there is one; the others may have none for this very connection.
bool finds_whom_it_may(const std::string& scheduler) {
    static const std::set<std::string> all{"rr", "wrr",  "lc",    "wlc", "sed",
                                           "nq", "lblc", "lblcr", "fo",  "twos"};
    return all.contains(scheduler);
}

class EveryScheduler : public testing::TestWithParam<const char*> {};

// lblc's remembered server may be full: IPVS asks it only for its weight.
TEST_P(EveryScheduler, chooses_only_whom_it_may) {
    Random random(chosen_seed());
    const std::string scheduler = GetParam();
    for (int round = 0; round < 60; ++round) {
        std::vector<int> weights = random_weights(random, 6, true);
        Farm farm(scheduler.c_str(), weights, below(random, 2) * model::service_flag::scheduler_1,
                  true);
        farm.world.random = [&] { return static_cast<uint32_t>(random()); };
        for (int change = 0; change < 6; ++change) {
            load_at_random(farm, weights.size(), random);
            for (int i = 0; i < 20; ++i) {
                const int chosen = farm.choose(random_flow(random));
                SCOPED_TRACE(scheduler + ", round " + std::to_string(round));
                if (chosen != Farm::nobody) {
                    const auto index = static_cast<size_t>(chosen);
                    ASSERT_NE(weights.at(index), 0);
                    if (scheduler != "lblc") {
                        ASSERT_FALSE(farm.overloaded(index));
                    }
                    continue;
                }
                if (!finds_whom_it_may(scheduler)) continue;
                for (size_t k = 0; k < weights.size(); ++k)
                    ASSERT_TRUE(!weights[k] || farm.overloaded(k)) << "passed over: " << k;
            }
            const size_t edited = below(random, static_cast<uint32_t>(weights.size()));
            farm.set_weight(edited, weights[edited] = weights[edited] ? 0 : 3);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Properties, EveryScheduler, testing::ValuesIn(schedulers),
                         [](const auto& one) { return std::string(one.param); });

TEST(Properties, rr_goes_round_everybody_in_list_order) {
    Random random(chosen_seed());
    for (int round = 0; round < 100; ++round) {
        const std::vector<int> weights = random_weights(random, 9, true);
        Farm farm("rr", weights);
        for (int turn = 0; turn < 3; ++turn)
            for (size_t i = 0; i < weights.size(); ++i)
                if (weights[i]) {
                    ASSERT_EQ(farm.choose(random_flow(random)), static_cast<int>(i));
                }
    }
}

TEST(Properties, wrr_honours_weights_exactly_over_a_cycle) {
    Random random(chosen_seed());
    for (int round = 0; round < 100; ++round) {
        const std::vector<int> weights = random_weights(random, 40, true);
        int divisor = 0;
        for (const int weight : weights) divisor = std::gcd(divisor, weight);
        if (!divisor) continue;
        Farm farm("wrr", weights);
        const int cycle = std::accumulate(weights.begin(), weights.end(), 0) / divisor;
        for (int turn = 0; turn < 2; ++turn) {
            std::vector<int> given(weights.size());
            for (int i = 0; i < cycle; ++i)
                ++given.at(static_cast<size_t>(farm.choose(random_flow(random))));
            for (size_t i = 0; i < weights.size(); ++i)
                ASSERT_EQ(given[i], weights[i] / divisor) << "round " << round << ", server " << i;
        }
    }
}

// Gives `total` connections, which stay, and says how many each server has.
std::vector<int> hold(Farm& farm, size_t servers, int total, Random& random) {
    std::vector<int> held(servers);
    for (int i = 0; i < total; ++i) {
        const auto chosen = static_cast<size_t>(farm.choose(random_flow(random)));
        ++held.at(chosen);
        farm.state(chosen).load += abi::load::active_one;
    }
    return held;
}

// When as many are held as a multiple of all weights together, nobody has one too many: whoever
// had would have been chosen while another had less than its share.
TEST(Properties, held_connections_end_up_in_proportion_to_weights) {
    for (const char* scheduler : {"wlc", "sed"}) {
        Random random(chosen_seed());
        for (int round = 0; round < 60; ++round) {
            const std::vector<int> weights = random_weights(random, 9, true);
            const int sum = std::accumulate(weights.begin(), weights.end(), 0);
            Farm farm(scheduler, weights);
            const std::vector<int> held = hold(farm, weights.size(), 3 * sum, random);
            for (size_t i = 0; i < weights.size(); ++i)
                ASSERT_EQ(held[i], 3 * weights[i]) << scheduler << ", round " << round;
        }
    }
}

TEST(Properties, wlc_is_never_more_than_one_connection_above_a_servers_share) {
    Random random(chosen_seed());
    for (int round = 0; round < 60; ++round) {
        const std::vector<int> weights = random_weights(random, 9, false);
        const int sum = std::accumulate(weights.begin(), weights.end(), 0);
        const int total = static_cast<int>(below(random, 200));
        Farm farm("wlc", weights);
        const std::vector<int> held = hold(farm, weights.size(), total, random);
        for (size_t i = 0; i < weights.size(); ++i)
            ASSERT_LE((held[i] - 1) * sum, total * weights[i]) << "round " << round;
    }
}

// Equal loads: the first of the two draws has it.  IPVS draws one number more than the weights
// make, and gives it to the first server.  The seed is fixed, so the bound holds or does not.
TEST(Properties, twos_draws_by_weight) {
    const std::vector<int> weights{1, 2, 3, 10, 0, 4};
    constexpr int draws = 20000, numbers = 1 + 2 + 3 + 10 + 4 + 1;
    Random random(4711);
    Farm farm("twos", weights);
    farm.world.random = [&] { return static_cast<uint32_t>(random()); };
    std::vector<int> given(weights.size());
    for (int i = 0; i < draws; ++i)
        ++given.at(static_cast<size_t>(farm.choose(flow(first_client))));
    EXPECT_EQ(given[4], 0);
    double chi_square = 0;
    for (const size_t i : {0, 1, 2, 3, 5}) {
        const double expected = 1.0 * draws * (weights[i] + (i == 0)) / numbers;
        chi_square += (given[i] - expected) * (given[i] - expected) / expected;
    }
    EXPECT_LT(chi_square, 18.5);  // four degrees of freedom: one in a thousand is above
}

// twos, plainly: the numbers' servers, and of them the one with less overhead per weight.
int better_of(const std::vector<int>& weights, const std::vector<uint64_t>& overheads,
              const uint32_t (&drawn)[2]) {
    const auto total = static_cast<uint64_t>(std::accumulate(weights.begin(), weights.end(), 0));
    size_t chosen[2] = {};
    for (int k = 0; k < 2; ++k) {
        auto left = static_cast<int64_t>((drawn[k] * (total + 1)) >> 32);
        for (size_t i = 0; i < weights.size(); ++i) {
            if (!weights[i] || (left -= weights[i]) > 0) continue;
            chosen[k] = i;
            break;
        }
    }
    const auto [first, second] = chosen;
    const auto weight = [&](size_t i) { return static_cast<uint64_t>(weights[i]); };
    const bool second_is_better =
        weight(second) * overheads[first] > weight(first) * overheads[second];
    return static_cast<int>(second_is_better ? second : first);
}

TEST(Properties, twos_takes_the_better_of_the_two_it_draws) {
    Random random(chosen_seed());
    for (int round = 0; round < 400; ++round) {
        const bool equal_weights = round % 2;
        std::vector<int> weights = random_weights(random, equal_weights ? 1 : 9, true);
        if (!std::accumulate(weights.begin(), weights.end(), 0)) continue;
        Farm farm("twos", weights);
        std::vector<uint64_t> overheads;
        for (size_t i = 0; i < weights.size(); ++i) {
            const uint64_t active = below(random, 5), inactive = below(random, 5);
            farm.state(i).load = active << 32 | inactive;
            overheads.push_back(active * 256 + inactive);
        }
        uint32_t drawn[2];
        for (uint32_t& number : drawn) number = static_cast<uint32_t>(random());
        size_t asked = 0;
        farm.world.random = [&] { return drawn[asked++ % 2]; };
        ASSERT_EQ(farm.choose(flow(first_client)), better_of(weights, overheads, drawn))
            << "round " << round;
    }
}

// Whatever the load, and whatever others asked in between.
TEST(Properties, hashed_clients_stay_with_their_server_while_the_list_stands) {
    for (const char* scheduler : {"sh", "mh"}) {
        Random random(chosen_seed());
        for (int round = 0; round < 12; ++round) {
            const std::vector<int> weights = random_weights(random, 9, true);
            Farm farm(scheduler, weights, round % 2 * model::service_flag::scheduler_1);
            std::map<uint32_t, int> known;
            for (int i = 0; i < 300; ++i) {
                farm.state(below(random, static_cast<uint32_t>(weights.size()))).load =
                    below(random, 1000);
                const abi::Tuple tuple = random_flow(random);
                const int chosen = farm.choose(tuple);
                const auto [at, is_new] = known.emplace(tuple.client.word[0].raw, chosen);
                ASSERT_EQ(at->second, chosen) << scheduler << ", round " << round;
            }
            const std::set<int> used = [&] {
                std::set<int> all;
                for (const auto& [client, server] : known) all.insert(server);
                return all;
            }();
            const auto able =
                std::count_if(weights.begin(), weights.end(), [](int w) { return w; });
            if (able > 1) {
                EXPECT_GT(used.size(), 1u) << scheduler << ", round " << round;
            }
        }
    }
}

}  // namespace
}  // namespace turnout::native
