// Schedulers that compare loads, over so many servers that the best of each group is remembered:
// the choice is that of one who looks at every server, whatever changes in between.
#include <gtest/gtest.h>

#include <random>

#include "director/director.hpp"
#include "native/native_env.hpp"
#include "native/testing.hpp"

namespace turnout::native {
namespace {

// The rules in IPVS's words: what is divided by what, and whether an idle server is taken at once.
struct Rule {
    const char* scheduler;
    uint64_t (*cost)(uint64_t active, uint64_t inactive);
    bool weighted;
    bool takes_idle;
};
const Rule rules[] = {
    {"wlc", [](uint64_t a, uint64_t i) { return 256 * a + i; }, true, false},
    {"lc", [](uint64_t a, uint64_t i) { return 256 * a + i; }, false, false},
    {"sed", [](uint64_t a, uint64_t) { return a + 1; }, true, false},
    {"nq", [](uint64_t a, uint64_t) { return a + 1; }, true, true},
};

class Groups : public testing::TestWithParam<Rule> {
  protected:
    Groups()
        : director_(
              tables_.rows, model::Limits{64, 256, 256},
              [](const model::Address&) { return std::optional<model::Address>(); },
              [] { return uint64_t{1000000000}; }) {
        model::Service service;
        service.key = web;
        service.scheduler = GetParam().scheduler;
        EXPECT_TRUE(director_.apply(model::AddService{service}));
    }

    static model::Server server(uint8_t number, int32_t weight) {
        model::Server made;
        made.key = {model::Address::ipv4(10, 1, 0, number), 80};
        made.weight = weight;
        made.upper_threshold = number % 7 == 0 ? 5 : 0;
        return made;
    }
    std::span<const abi::Candidate> candidates() const {
        const abi::Plan& plan = tables_.rows.plans[tables_.rows.services[service_].plan];
        return tables_.rows.candidates.subspan(plan.first, plan.count);
    }
    // The row of the server that gets the next connection; -1: none is available.
    int64_t choice() {
        NativeEnv<Lane::complete> env(tables_, world_, {});
        Opening opening{};
        opening.record.last_seen = world_.now;
        opening.record.tuple.virtual_address.word[0] = to_be(0xc6336401u);
        opening.record.tuple.virtual_port = to_be(uint16_t{80});
        opening.record.tuple.protocol = 6;
        opening.record.tuple.family = abi::Family::ipv4;
        opening.service = service_;
        if (env.schedule(opening) != Answer::connect) return -1;
        return opening.record.server;
    }
    int64_t plain_choice() const {
        int64_t best = -1;
        uint64_t best_cost = 0, best_weight = 0;
        for (const auto& [id, weight] : candidates()) {
            const abi::ServerState& state = tables_.rows.server_states[id];
            if (weight <= 0 || state.overloaded) continue;
            const uint64_t active = abi::load::active(state.load);
            if (GetParam().takes_idle && active == 0) return id;
            const uint64_t cost = GetParam().cost(active, abi::load::inactive(state.load));
            const uint64_t divisor = GetParam().weighted ? static_cast<uint64_t>(weight) : 1;
            if (best >= 0 && best_cost * divisor <= cost * best_weight) continue;
            best = id, best_cost = cost, best_weight = divisor;
        }
        return best;
    }
    // A connection comes to a server, or leaves it.
    void change_load(uint32_t id, bool comes) {
        NativeEnv<Lane::complete> env(tables_, world_, {});
        abi::ServerState& state = tables_.rows.server_states[id];
        if (comes) {
            bind_connection(env, state, false);
            if (id % 2) turnout::change_load(env, state, abi::load::active_one - 1);
        } else if (abi::load::active(state.load)) {
            release_connection(env, state, true);
        } else if (abi::load::inactive(state.load)) {
            release_connection(env, state, false);
        }
    }
    void change_server(uint8_t number, int32_t weight) {
        const model::Server made = server(number, weight);
        if (weight % 5 == 4)
            (void)director_.apply(model::RemoveServer{web, made.key});
        else if (!director_.apply(model::AddServer{web, made}))
            (void)director_.apply(model::EditServer{web, made});
    }

    MemoryTables tables_;
    World world_{};
    director::Director director_;
    uint32_t service_ = 0;
};

TEST_P(Groups, choose_as_one_who_looks_at_every_server) {
    std::mt19937 random(20262);
    const auto below = [&](uint32_t bound) { return static_cast<uint32_t>(random() % bound); };
    for (uint8_t number = 1; number <= 150; ++number)
        change_server(number, static_cast<int32_t>(below(4)));
    size_t grouped = 0;
    for (int round = 0; round < 20000; ++round) {
        const auto all = candidates();
        if (!all.empty())
            change_load(all[below(static_cast<uint32_t>(all.size()))].server, below(3));
        if (below(50) == 0)
            change_server(static_cast<uint8_t>(1 + below(200)), static_cast<int32_t>(below(6)));
        grouped += abi::is_grouped(tables_.rows.plans[tables_.rows.services[service_].plan]);
        const int64_t chosen = choice();
        ASSERT_EQ(chosen, plain_choice()) << "round " << round;
        if (chosen >= 0) change_load(static_cast<uint32_t>(chosen), true);
    }
    EXPECT_GT(grouped, 10000u);
}

// The short way's choice among a service's few servers.
class Few : public Groups {};

TEST_P(Few, are_chosen_from_as_by_one_who_looks_at_every_server) {
    std::mt19937 random(20263);
    const auto below = [&](uint32_t bound) { return static_cast<uint32_t>(random() % bound); };
    uint32_t few = 0, more = 0;
    for (int round = 0; round < 20000; ++round) {
        if (below(8) == 0)
            change_server(static_cast<uint8_t>(1 + below(5)), static_cast<int32_t>(below(6)));
        const auto all = candidates();
        if (!all.empty())
            change_load(all[below(static_cast<uint32_t>(all.size()))].server, below(2));
        const abi::Plan& plan = tables_.rows.plans[tables_.rows.services[service_].plan];
        if (!least::are_few(plan)) {
            ++more;
            continue;
        }
        ++few;
        NativeEnv<Lane::complete> env(tables_, world_, {});
        const int64_t server = least::server_among_few(env, plan, wlc::rule);
        ASSERT_EQ(server - 1, plain_choice()) << "round " << round;
    }
    EXPECT_GT(few, 5000u);
    EXPECT_GT(more, 1000u);
}

INSTANTIATE_TEST_SUITE_P(Wlc, Few, testing::Values(rules[0]),
                         [](const auto& one) { return one.param.scheduler; });

INSTANTIATE_TEST_SUITE_P(Rules, Groups, testing::ValuesIn(rules),
                         [](const auto& one) { return one.param.scheduler; });

}  // namespace
}  // namespace turnout::native
