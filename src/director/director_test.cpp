// The director over plain memory: changes, adoption, counters.
#include "director/director.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "native/memory_tables.hpp"

namespace turnout::director {
namespace {

const model::ServiceKey web{0, model::Protocol::tcp, model::Address::ipv4(198, 51, 100, 1), 80};

class DirectorTest : public testing::Test {
  protected:
    std::unique_ptr<Director> make() {
        return std::make_unique<Director>(
            tables.rows, model::Limits{.services = 64, .servers = 256},
            [](const model::Address&) { return std::optional<model::Address>(); },
            [this] { return now_s * 1000000000; });
    }
    static model::Server server(uint8_t number, int32_t weight = 1) {
        model::Server made;
        made.key = {model::Address::ipv4(10, 1, 0, number), 80};
        made.weight = weight;
        return made;
    }
    void add(Director& director, std::initializer_list<model::Server> servers) {
        model::Service service;
        service.key = web;
        service.scheduler = "wrr";
        ASSERT_TRUE(director.apply(model::AddService{service}));
        for (const auto& each : servers) ASSERT_TRUE(director.apply(model::AddServer{web, each}));
    }
    uint32_t row_of(uint8_t number) {
        for (uint32_t id = 0; id < tables.rows.servers.size(); ++id)
            if ((to_host(tables.rows.servers[id].address.word[0]) & 0xff) == number) return id;
        return ~0u;
    }
    // What has come for a server.
    abi::TrafficCounters& traffic(uint8_t number) {
        return tables.rows
            .traffic[abi::traffic_row(tables.rows.settings->counter_stride, 0, 0, row_of(number))];
    }

    native::MemoryTables tables;
    uint64_t now_s = 1000;
};

// Two servers of `web`, the second of which is drained.
class DrainTest : public DirectorTest {
  protected:
    DrainTest() {
        director = make();
        add(*director, {server(11, 3), server(12, 5)});
    }
    std::unique_ptr<Director> make_telling() {
        auto made = make();
        made->tell_events([this](const std::string& event) { events.push_back(event); });
        return made;
    }
    model::ServerChoice second() const {
        return {web, model::Address::ipv4(10, 1, 0, 12), std::nullopt};
    }
    // The candidate's weight, which schedulers see.
    int32_t weight_of(uint8_t number) {
        const uint32_t row = row_of(number);
        const abi::Plan& plan = tables.rows.plans[tables.rows.services[0].plan];
        for (uint32_t i = 0; i < plan.count; ++i)
            if (const auto& candidate = tables.rows.candidates[plan.first + i];
                candidate.server == row) {
                EXPECT_EQ(candidate.weight, tables.rows.servers[row].weight);
                return candidate.weight;
            }
        return -1;
    }
    bool is_flagged(uint8_t number) {
        return tables.rows.servers[row_of(number)].flags & abi::server_flag::draining;
    }
    bool packets_know() const { return tables.rows.settings->flags & abi::settings_flag::draining; }

    std::unique_ptr<Director> director;
    std::vector<std::string> events;
};

TEST_F(DrainTest, takes_the_weight_away_and_gives_it_back) {
    const auto started = director->start_drain(second(), {});
    ASSERT_TRUE(started);
    ASSERT_EQ(started->size(), 1u);
    EXPECT_EQ(started->front().weight, 5);
    EXPECT_FALSE(started->front().is_last);
    EXPECT_EQ(weight_of(12), 0);
    EXPECT_TRUE(is_flagged(12));
    EXPECT_TRUE(packets_know());
    EXPECT_EQ(weight_of(11), 3);
    EXPECT_EQ(*director->cancel_drain(second()), 1u);
    EXPECT_EQ(weight_of(12), 5);
    EXPECT_FALSE(is_flagged(12));
    EXPECT_FALSE(packets_know());
    EXPECT_EQ(director->cancel_drain(second()).error().code, ENOENT);
}

TEST_F(DrainTest, an_edit_is_kept_for_afterwards) {
    ASSERT_TRUE(director->start_drain(second(), {}));
    ASSERT_TRUE(director->apply(model::EditServer{web, server(12, 9)}));
    EXPECT_EQ(weight_of(12), 0);
    EXPECT_TRUE(is_flagged(12));
    ASSERT_TRUE(director->cancel_drain(second()));
    EXPECT_EQ(weight_of(12), 9);
}

TEST_F(DrainTest, is_told_to_those_who_save) {
    int changes = 0;
    director->watch([&] { ++changes; });
    ASSERT_TRUE(director->start_drain(second(), {}));
    EXPECT_EQ(changes, 1);
    director->tick();
    EXPECT_EQ(changes, 2) << "it is over";
    ASSERT_TRUE(director->cancel_drain(second()));
    EXPECT_EQ(changes, 3);
}

TEST_F(DrainTest, ends_when_no_connection_is_left) {
    abi::ServerState& state = tables.rows.server_states[row_of(12)];
    state.load = abi::load::active_one + abi::load::inactive_one;
    state.persistent = 3;
    ASSERT_TRUE(director->start_drain(second(), {}));
    director->tick();
    auto drains = director->drains();
    ASSERT_EQ(drains.size(), 1u);
    EXPECT_FALSE(drains[0].is_over);
    EXPECT_EQ(drains[0].connections.at(model::Protocol::tcp), 2u);
    EXPECT_EQ(drains[0].templates, 3u);
    state.load = 0;
    director->tick();
    drains = director->drains();
    ASSERT_EQ(drains.size(), 1u);
    EXPECT_TRUE(drains[0].is_over);
    EXPECT_TRUE(drains[0].connections.empty());
    EXPECT_EQ(weight_of(12), 0);
    ASSERT_TRUE(director->cancel_drain(second()));
    EXPECT_EQ(weight_of(12), 5);
}

TEST_F(DrainTest, ends_at_its_deadline_and_may_remove_the_server) {
    director->tell_events([this](const std::string& event) { events.push_back(event); });
    tables.rows.server_states[row_of(12)].load = abi::load::active_one;
    ASSERT_TRUE(director->start_drain(second(), {.deadline_s = 600, .then_remove = true}));
    EXPECT_EQ(director->drains()[0].left_s, 600u);
    now_s += 599;
    director->tick();
    EXPECT_EQ(director->servers(web)->size(), 2u);
    now_s += 1;
    director->tick();
    EXPECT_EQ(director->servers(web)->size(), 1u);
    EXPECT_TRUE(director->drains().empty());
    EXPECT_FALSE(packets_know());
    ASSERT_EQ(events.size(), 2u);
    EXPECT_NE(events[0].find("started"), std::string::npos);
    EXPECT_NE(events[1].find("deadline"), std::string::npos);
    // Added again it is in service.
    ASSERT_TRUE(director->apply(model::AddServer{web, server(12, 7)}));
    EXPECT_EQ(weight_of(12), 7);
    EXPECT_FALSE(is_flagged(12));
}

TEST_F(DrainTest, survives_the_director) {
    tables.rows.server_states[row_of(12)].load = abi::load::active_one;
    ASSERT_TRUE(
        director->start_drain(second(), {.deadline_s = 600, .then_remove = true, .udp_idle_s = 7}));
    director.reset();
    now_s += 100;
    director = make();
    EXPECT_TRUE(packets_know());
    const auto drains = director->drains();
    ASSERT_EQ(drains.size(), 1u);
    EXPECT_EQ(drains[0].left_s, 500u);
    EXPECT_EQ(drains[0].weight, 5);
    EXPECT_TRUE(drains[0].then_remove);
    EXPECT_EQ(tables.rows.servers[row_of(12)].udp_idle_s, 7);
    ASSERT_TRUE(director->cancel_drain(second()));
    EXPECT_EQ(weight_of(12), 5);
    EXPECT_FALSE(packets_know());
}

TEST_F(DrainTest, ends_with_its_server_or_its_service) {
    ASSERT_TRUE(director->start_drain(second(), {}));
    ASSERT_TRUE(director->apply(model::RemoveServer{web, server(12).key}));
    EXPECT_TRUE(director->drains().empty());
    EXPECT_FALSE(packets_know());
    ASSERT_TRUE(director->start_drain({web, model::Address::ipv4(10, 1, 0, 11), {}}, {}));
    EXPECT_TRUE(director->drains()[0].is_last);
    ASSERT_TRUE(director->apply(model::RemoveService{web}));
    EXPECT_FALSE(packets_know());
}

TEST_F(DrainTest, of_one_service_or_of_all_of_one_port_or_any) {
    model::Service other;
    other.key = web;
    other.key.port = 81;
    ASSERT_TRUE(director->apply(model::AddService{other}));
    ASSERT_TRUE(director->apply(model::AddServer{other.key, server(12)}));
    const auto address = model::Address::ipv4(10, 1, 0, 12);
    EXPECT_EQ(director->start_drain({{}, address, {}}, {})->size(), 2u);
    EXPECT_EQ(*director->cancel_drain({other.key, address, 80}), 1u);
    EXPECT_EQ(*director->cancel_drain({{}, address, {}}), 1u);
    EXPECT_EQ(director->start_drain({{}, address, 8080}, {}).error().code, ENOENT);
    EXPECT_EQ(director->start_drain({web, model::Address::ipv4(10, 1, 0, 13), {}}, {}).error().code,
              ENOENT);
}

TEST_F(DirectorTest, a_new_director_adopts_services_servers_and_counters) {
    auto first = make();
    add(*first, {server(11, 3), server(12), server(13, 0)});
    tables.rows.begun[row_of(11)].connections = 7;
    tables.rows.server_states[row_of(12)].load = abi::load::active_one * 2;
    const auto before = *first->servers(web);
    first.reset();

    const auto second = make();
    ASSERT_EQ(second->services().size(), 1u);
    EXPECT_EQ(second->services()[0].service.scheduler, "wrr");
    EXPECT_EQ(second->services()[0].counters.connections, 7u);
    const auto after = *second->servers(web);
    ASSERT_EQ(after.size(), before.size());
    for (size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(after[i].server, before[i].server);
        EXPECT_EQ(after[i].counters, before[i].counters);
        EXPECT_EQ(after[i].active, before[i].active);
    }
    // And it can go on changing them.
    EXPECT_TRUE(second->apply(model::RemoveServer{web, server(12).key}));
    EXPECT_TRUE(second->apply(model::AddServer{web, server(14)}));
    EXPECT_EQ(second->servers(web)->size(), 3u);
}

TEST_F(DirectorTest, a_removed_server_comes_back_with_its_counters) {
    const auto director = make();
    add(*director, {server(11)});
    traffic(11).packets = 5;
    ASSERT_TRUE(director->apply(model::RemoveServer{web, server(11).key}));
    EXPECT_EQ(director->services()[0].counters.in_packets, 5u);
    ASSERT_TRUE(director->apply(model::AddServer{web, server(11)}));
    EXPECT_EQ(director->servers(web)->at(0).counters.in_packets, 5u);
    EXPECT_EQ(director->services()[0].counters.in_packets, 5u);
}

TEST_F(DirectorTest, a_row_is_given_back_when_nobody_needs_it) {
    const auto director = make();
    add(*director, {server(11)});
    const uint32_t row = row_of(11);
    tables.rows.server_states[row].load = abi::load::active_one;
    ASSERT_TRUE(director->apply(model::RemoveServer{web, server(11).key}));
    now_s += 500;
    director->tick();
    EXPECT_EQ(tables.rows.server_records[row].use, abi::ServerUse::removed) << "a connection lives";
    tables.rows.server_states[row].load = 0;
    director->tick();
    EXPECT_EQ(tables.rows.server_records[row].use, abi::ServerUse::free);
}

TEST_F(DirectorTest, zeroing_counters_leaves_connections_alone) {
    const auto director = make();
    add(*director, {server(11)});
    traffic(11).bytes = 100;
    tables.rows.server_states[row_of(11)].load = abi::load::inactive_one;
    ASSERT_TRUE(director->apply(model::ZeroCounters{web}));
    EXPECT_EQ(director->services()[0].counters.in_bytes, 0u);
    EXPECT_EQ(director->servers(web)->at(0).counters.in_bytes, 0u);
    EXPECT_EQ(director->servers(web)->at(0).inactive, 1u);
    model::ServiceKey other = web;
    other.port = 81;
    EXPECT_EQ(director->apply(model::ZeroCounters{other}).error().code, ESRCH);
}

TEST_F(DirectorTest, thousands_of_changes_use_the_same_rows_over_and_over) {
    const auto director = make();
    add(*director, {server(1), server(2), server(3)});
    for (int round = 0; round < 5000; ++round) {
        const auto number = static_cast<uint8_t>(1 + round % 3);
        ASSERT_TRUE(director->apply(model::EditServer{web, server(number, round % 7)})) << round;
    }
    for (int round = 0; round < 2000; ++round) {
        ASSERT_TRUE(director->apply(model::RemoveAll{})) << round;
        add(*director, {server(1), server(2), server(3), server(4), server(5)});
        now_s += 200;
        director->tick();
    }
}

TEST(DirectorScale, a_weight_among_ten_thousand_services_touches_its_own_service_alone) {
    native::MemoryTables tables({.services = 10000, .servers = 20000});
    Director director(
        tables.rows, {.services = 10000, .servers = 20000},
        [](const model::Address&) { return std::optional<model::Address>(); },
        [] { return uint64_t{1000000000}; });
    const auto key = [](uint32_t number) {
        model::ServiceKey made = web;
        made.address = model::Address::ipv4(198, 51, static_cast<uint8_t>(number / 250),
                                            static_cast<uint8_t>(number % 250 + 1));
        return made;
    };
    model::Server real;
    real.key = {model::Address::ipv4(10, 1, 0, 1), 80};
    for (uint32_t number = 0; number < 10000; ++number) {
        model::Service service;
        service.key = key(number);
        ASSERT_TRUE(director.apply(model::AddService{service}));
        ASSERT_TRUE(director.apply(model::AddServer{service.key, real}));
    }
    const auto copy = [](auto rows) { return std::vector(rows.begin(), rows.end()); };
    const auto changed = [](const auto& before, auto rows) {
        int count = 0;
        for (size_t i = 0; i < before.size(); ++i)
            count += std::memcmp(&before[i], &rows[i], sizeof before[i]) != 0;
        return count;
    };
    const auto services = copy(tables.rows.services);
    const auto servers = copy(tables.rows.servers);
    const auto records = copy(tables.rows.server_records);
    const auto cursors = copy(tables.rows.cursors);
    const auto filter = copy(tables.rows.filter);
    real.weight = 7;
    ASSERT_TRUE(director.apply(model::EditServer{key(4321), real}));
    EXPECT_EQ(changed(services, tables.rows.services), 1);
    EXPECT_EQ(changed(servers, tables.rows.servers), 1);
    EXPECT_LE(changed(records, tables.rows.server_records), 1);
    EXPECT_EQ(changed(cursors, tables.rows.cursors), 0);
    EXPECT_EQ(changed(filter, tables.rows.filter), 0);
    EXPECT_EQ(director.servers(key(4321))->at(0).server.weight, 7);
    EXPECT_EQ(director.servers(key(4322))->at(0).server.weight, 1);
}

TEST_F(DirectorTest, timeouts_are_set_and_told_in_seconds) {
    const auto director = make();
    EXPECT_EQ(director->timeouts(), (model::Timeouts{900, 120, 300}));
    ASSERT_TRUE(director->apply(model::SetTimeouts{{7200, 0, 31}}));
    EXPECT_EQ(director->timeouts(), (model::Timeouts{7200, 120, 31}));
}

TEST_F(DirectorTest, timeouts_of_a_service_follow_it) {
    auto first = make();
    add(*first, {server(11)});
    ASSERT_TRUE(first->set_service_timeouts(web, {{"established", 7200}, {"fin_wait", 5}}));
    ASSERT_TRUE(first->apply(model::AddServer{web, server(12)}));
    const auto own = [&](uint8_t number, abi::State state) {
        const auto& row = tables.rows.timeouts[tables.rows.servers[row_of(number)].timeouts];
        return row.timeout[static_cast<size_t>(state)];
    };
    for (const auto number : {uint8_t{11}, uint8_t{12}}) {
        EXPECT_EQ(own(number, abi::State::established), abi::ticks_of_seconds(7200));
        EXPECT_EQ(own(number, abi::State::fin_wait), abi::ticks_of_seconds(5));
        EXPECT_EQ(own(number, abi::State::time_wait), abi::ticks_of_seconds(120));
    }
    ASSERT_TRUE(first->set("timeout.time_wait", 60));
    EXPECT_EQ(own(11, abi::State::time_wait), abi::ticks_of_seconds(60));
    first.reset();

    const auto second = make();
    EXPECT_EQ(*second->service_timeouts(web),
              (model::StateTimeouts{{"established", 7200}, {"fin_wait", 5}}));
    ASSERT_TRUE(second->set_service_timeouts(web, {{"established", 0}, {"fin_wait", 0}}));
    EXPECT_TRUE(second->service_timeouts(web)->empty());
    EXPECT_EQ(own(11, abi::State::established), abi::ticks_of_seconds(900));
}

TEST_F(DirectorTest, timeouts_that_cannot_be_are_refused) {
    const auto director = make();
    EXPECT_EQ(director->set_service_timeouts(web, {{"udp", 1}}).error().code, ESRCH);
    EXPECT_EQ(director->service_timeouts(web).error().code, ESRCH);
    add(*director, {server(11)});
    EXPECT_EQ(director->set_service_timeouts(web, {{"udp", 1}, {"nosuch", 1}}).error().code,
              ENOENT);
    const uint32_t too_long = model::longest_timeout_s + 1;
    EXPECT_EQ(director->set_service_timeouts(web, {{"udp", too_long}}).error().code, ERANGE);
    EXPECT_TRUE(director->service_timeouts(web)->empty());
}

TEST_F(DirectorTest, services_with_the_same_timeouts_share_a_row) {
    const auto director = make();
    for (uint16_t port = 1; port <= 40; ++port) {
        model::Service service;
        service.key = web;
        service.key.port = port;
        ASSERT_TRUE(director->apply(model::AddService{service}));
        ASSERT_TRUE(director->set_service_timeouts(service.key, {{"udp", 1u + port % 2}}));
    }
    std::set<uint32_t> rows;
    for (const auto& record : tables.rows.service_records)
        if (record.in_use) rows.insert(record.timeouts);
    EXPECT_EQ(rows.size(), 2u);
}

TEST_F(DirectorTest, a_sync_daemon_and_servers_of_another_family_exclude_each_other) {
    auto director = make();
    add(*director, {server(11)});
    model::AddServer mixed{web, {}};
    mixed.server.key = {*model::Address::parse("2001:db8::9"), 80};
    mixed.server.method = model::Method::tunnel;
    model::StartDaemon start;
    start.daemon.interface = "eth0";

    ASSERT_TRUE(director->apply(start));
    EXPECT_EQ(director->apply(mixed).error().code, EINVAL);
    EXPECT_TRUE(director->apply(model::AddServer{web, server(12)}));
    ASSERT_TRUE(director->apply(model::StopDaemon{model::SyncRole::master}));
    ASSERT_TRUE(director->apply(mixed));
    EXPECT_EQ(director->apply(start).error().code, EINVAL);
    EXPECT_TRUE(director->daemons().empty());
}

TEST_F(DirectorTest, totals_never_fall) {
    const auto packets = [](const Director& director) {
        return sum(director.totals().by_cpu).in_packets;
    };
    auto director = make();
    add(*director, {server(11), server(12)});
    traffic(11).packets = 5;
    traffic(12).packets = 7;
    EXPECT_EQ(packets(*director), 12u);
    ASSERT_TRUE(director->apply(model::ZeroCounters{}));
    ASSERT_TRUE(director->apply(model::RemoveAll{}));
    now_s += 1000;
    director->tick();
    EXPECT_EQ(packets(*director), 12u);
    EXPECT_EQ(packets(*make()), 12u);  // of the next daemon, too
}

}  // namespace
}  // namespace turnout::director
