// A simulation: random packets, changes and passing time on the data plane, and beside it a model
// so simple that it can be read: a list of connections, each with a state, a server and the time of
// its last packet.  Their lists and counts never differ.
//
// The model takes the data plane's word for which server a new connection gets, as long as it may
// have it; everything else it knows by itself: states by tables of their own, timeouts, who makes
// way, what persistence and removal do.  TURNOUT_SEED=N repeats a run, TURNOUT_EVENTS=N sets its
// length.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <tuple>

#include "director/director.hpp"
#include "native/run.hpp"
#include "native/simulation_model.hpp"
#include "native/testing.hpp"
#include "tables/convert.hpp"

namespace turnout::native {
namespace {

using model::Method, model::Protocol;
using namespace simulation;

uint64_t from_environment(const char* name, uint64_t standard) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : standard;
}

// A service of the simulation, by its port.
struct Kind {
    uint16_t port;
    Protocol protocol;
    Method method;
    bool persistent;
};
constexpr Kind kinds[] = {{80, Protocol::tcp, Method::nat, false},
                          {81, Protocol::tcp, Method::direct, false},
                          {82, Protocol::tcp, Method::direct, true},
                          {53, Protocol::udp, Method::nat, false},
                          {54, Protocol::udp, Method::direct, true}};

model::ServiceKey key_of(const Kind& kind) {
    return {0, kind.protocol, address(vip), kind.port};
}
// Each NAT service has ports of its own at the servers, so that answers tell the service.
model::ServerKey server_key(const Kind& kind, uint32_t server) {
    return {address(server_addresses + server), kind.port};
}

class Simulation : public testing::Test {
  protected:
    Simulation() {
        std::cout << "TURNOUT_SEED=" << seed << "\n";
        for (const auto& setting : director.settings())
            if (setting.name.starts_with("timeout.")) note_timeout(setting.name, setting.value);
        for (const Kind& kind : kinds) add_service(kind);
    }

    // Settings name states in small letters.
    void note_timeout(const std::string& name, int64_t seconds) {
        std::string state = name.substr(std::string("timeout.").size());
        for (char& c : state) c = static_cast<char>(std::toupper(c));
        simple.timeouts[state] = static_cast<uint32_t>(seconds);
    }
    void add_service(const Kind& kind) {
        model::Service service;
        service.key = key_of(kind);
        service.scheduler = kind.port % 2 ? "rr" : "wlc";
        if (kind.persistent) service.flags = model::service_flag::persistent;
        service.persistence_timeout_s = persistence_s;
        ASSERT_TRUE(director.apply(model::AddService{service}));
        for (uint32_t server = 0; server < server_count; ++server) add_server(kind, server, 1);
    }
    void add_server(const Kind& kind, uint32_t server, int32_t weight) {
        model::Server made;
        made.key = server_key(kind, server);
        made.method = kind.method;
        made.weight = weight;
        ASSERT_TRUE(director.apply(model::AddServer{key_of(kind), made}));
        simple.servers[kind.port][server] = {true, weight};
    }

    uint32_t below(uint32_t bound) { return static_cast<uint32_t>(random() % bound); }
    const Kind& any_kind() { return kinds[below(std::size(kinds))]; }
    Name any_name(const Kind& kind) {
        return {below(12), static_cast<uint16_t>(1024 + below(4)), kind.port};
    }
    uint8_t any_flags(const Kind& kind) {
        constexpr uint8_t flags[] = {tcp_flag::syn,
                                     tcp_flag::syn,
                                     tcp_flag::ack,
                                     tcp_flag::ack,
                                     tcp_flag::fin | tcp_flag::ack,
                                     tcp_flag::rst,
                                     tcp_flag::syn | tcp_flag::ack,
                                     0};
        return kind.protocol == Protocol::udp ? uint8_t{0} : flags[below(std::size(flags))];
    }

    bool send(const std::vector<uint8_t>& frame) {
        NativeEnv<Lane::fast> fast(tables, world, frame);
        if (const Verdict verdict = run(fast); verdict != Verdict::pass)
            return verdict == Verdict::transmit;
        NativeEnv<Lane::complete> complete(tables, world, frame);
        return run(complete) == Verdict::transmit;
    }
    // Which server the data plane has given the connection.
    std::optional<uint32_t> server_of(const Name& name) {
        std::optional<uint32_t> server;
        visit_connections(director, [&](const model::ConnectionReport& report) {
            if (name_of(report) == name && report.client_port) server = report.server.bytes[3];
        });
        return server;
    }
    static Name name_of(const model::ConnectionReport& report) {
        return {report.client.bytes[3], report.client_port, report.virtual_port};
    }

    void client_sends() {
        const Kind& kind = any_kind();
        const Name name = any_name(kind);
        const uint8_t flags = any_flags(kind);
        const bool went = send(frame_of({clients + name.client, vip, name.client_port, name.port},
                                        kind.protocol, flags));
        Connection* connection = simple.find(name, world.now);
        std::optional<uint64_t> left;
        if (connection && simple.makes_way(name, *connection, flags)) {
            left = connection->parent;
            simple.connections.erase(name);
            connection = nullptr;
        }
        if (!connection) connection = begins(kind, name, flags);
        // As in IPVS, what makes way counts until its successor has a server.
        if (left) --simple.templates.at(*left).children;
        const bool reaches = connection && simple.server(name, connection->server).present;
        // A refusal comes out as well, but there is no connection then.
        if (connection) {
            ASSERT_EQ(went, reaches) << event;
        }
        if (!reaches) return;
        const Table& table = connection->one_sided ? of_client_alone : of_client;
        simple.see(*connection, table, flags, kind.protocol == Protocol::udp, world.now);
    }
    // The connection that the packet opens in the model.
    Connection* begins(const Kind& kind, const Name& name, uint8_t flags) {
        const bool syn = (flags & (tcp_flag::syn | tcp_flag::rst)) == tcp_flag::syn;
        if (kind.protocol == Protocol::tcp && !syn) return nullptr;
        std::optional<uint64_t> parent;
        if (kind.persistent) parent = simple.valid_template(name, world.now);
        const auto server = parent ? simple.templates.at(*parent).server : server_of(name);
        if (!server) {
            for (const Server& each : simple.servers[kind.port])
                EXPECT_FALSE(each.present && each.weight) << event << ": refused";
            return nullptr;
        }
        const Server& its = simple.server(name, *server);
        EXPECT_TRUE(its.present && (its.weight || parent)) << event << ": server " << *server;
        if (kind.persistent && !parent) {
            parent = simple.templates_made++;
            Template made;
            made.server = *server;
            made.timeout = abi::ticks_of_seconds(persistence_s);
            made.port = name.port;
            made.client = name.client;
            made.last_seen = world.now;
            simple.templates.emplace(*parent, made);
        }
        if (parent) {
            simple.follow(simple.templates.at(*parent), world.now);
            ++simple.templates.at(*parent).children;
        }
        Connection made;
        made.server = *server;
        made.state = "NONE";
        made.one_sided = kind.method != Method::nat;
        made.parent = parent;
        return &simple.connections.insert_or_assign(name, made).first->second;
    }

    void server_answers() {
        const Kind& kind = kinds[below(2) * 3];  // those by NAT
        const Name name = any_name(kind);
        const uint32_t server = below(server_count);
        const uint8_t flags = any_flags(kind);
        const bool went = send(frame_of(
            {server_addresses + server, clients + name.client, name.port, name.client_port},
            kind.protocol, flags));
        Connection* connection = simple.find(name, world.now);
        const bool its = connection && connection->server == server;
        ASSERT_EQ(went, its) << event;
        if (!its) return;
        connection->one_sided = false;
        simple.see(*connection, of_server, flags, kind.protocol == Protocol::udp, world.now);
    }

    void change_a_server() {
        const Kind& kind = any_kind();
        const uint32_t number = below(server_count);
        Server& server = simple.servers[kind.port][number];
        if (!server.present) return add_server(kind, number, static_cast<int32_t>(below(3)));
        if (below(3) == 0) {
            ASSERT_TRUE(
                director.apply(model::RemoveServer{key_of(kind), server_key(kind, number)}));
            server.present = false;
            return;
        }
        server.weight = static_cast<int32_t>(below(3));
        model::Server edited;
        edited.key = server_key(kind, number);
        edited.method = kind.method;
        edited.weight = server.weight;
        ASSERT_TRUE(director.apply(model::EditServer{key_of(kind), edited}));
    }
    void change_a_setting() {
        const auto set = [this](const char* name, uint32_t bound, int64_t& value) {
            value = below(bound);
            ASSERT_TRUE(director.set(name, value));
        };
        switch (below(4)) {
            case 0:
                return set("conn_reuse_mode", 3, simple.reuse_mode);
            case 1:
                return set("expire_nodest_conn", 2, simple.expire_nodest);
            case 2:
                return set("expire_quiescent_template", 2, simple.expire_quiescent);
            default:
                break;
        }
        constexpr const char* states[] = {"established", "syn_recv", "fin_wait", "time_wait",
                                          "close_wait",  "udp",      "close"};
        const std::string name = std::string("timeout.") + states[below(std::size(states))];
        const int64_t seconds = 1 + below(300);
        ASSERT_TRUE(director.set(name, seconds));
        note_timeout(name, seconds);
        // Of a connection's packets in a tick only the first finds that out.
        pass_time(uint64_t{1} << abi::tick_shift);
    }
    void pass_time() { pass_time(uint64_t{below(40)} * 1000000000 + below(1000000000)); }
    void pass_time(uint64_t ns) {
        now_ns += ns;
        world.now = tables.rows.settings->now = abi::tick_of_ns(now_ns);
    }
    void sweep_both() {
        sweep_all(tables, world);
        auto standing = templates_in_table();
        const auto doubtful = simple.sweep(world.now);
        for (const auto& [number, it] : simple.templates)
            if (std::ranges::find(doubtful, number) == doubtful.end()) take(standing, it);
        for (const uint64_t number : doubtful)
            if (!take(standing, simple.templates.at(number))) simple.templates.erase(number);
        director.tick();
    }

    using Fields = std::tuple<uint32_t, uint16_t, uint32_t, bool>;
    static Fields fields_of(const Template& it) {
        return {it.client, it.port, it.server, it.retired};
    }
    static bool take(std::multiset<Fields>& from, const Template& it) {
        const auto at = from.find(fields_of(it));
        if (at == from.end()) return false;
        from.erase(at);
        return true;
    }
    std::multiset<Fields> templates_in_table() {
        std::multiset<Fields> templates;
        for (abi::Bucket& bucket : tables.rows.buckets)
            for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line) {
                const abi::Connection& record = line_of(bucket, line);
                if (!(state_of(bucket) & 1u << line) || record.status & abi::status::dead) continue;
                if (record.tuple.kind != abi::TupleKind::persistence) continue;
                const uint32_t server =
                    to_host(tables.rows.servers[record.server].address.word[0]) & 0xff;
                templates.emplace(to_host(record.tuple.client.word[0]) & 0xff,
                                  to_host(record.tuple.virtual_port), server,
                                  (record.status & abi::status::retired) != 0);
            }
        return templates;
    }

    // One row a connection or template, in words.
    std::multiset<std::string> listed_by_director() {
        std::multiset<std::string> rows;
        visit_connections(director, [&](const model::ConnectionReport& report) {
            if (report.state == "ASSURED" || (report.client_port == 0)) {
                if (report.virtual_port != 0xffff)
                    rows.insert("template " + std::to_string(report.client.bytes[3]) + ' ' +
                                std::to_string(report.virtual_port) + ' ' +
                                std::to_string(report.server.bytes[3]));
                return;
            }
            rows.insert(
                row_of(name_of(report), report.server.bytes[3], report.state, report.expires_s));
        });
        return rows;
    }
    std::multiset<std::string> listed_by_model() {
        std::multiset<std::string> rows;
        for (const auto& [name, it] : simple.connections)
            rows.insert(row_of(name, it.server, it.state,
                               abi::seconds_of_ticks(it.timeout - (world.now - it.last_seen))));
        for (const auto& [number, it] : simple.templates)
            if (!it.retired)
                rows.insert("template " + std::to_string(it.client) + ' ' +
                            std::to_string(it.port) + ' ' + std::to_string(it.server));
        return rows;
    }
    static std::string row_of(const Name& name, uint32_t server, const std::string& state,
                              uint32_t expires_s) {
        std::string row;
        for (const uint32_t number :
             {name.client, uint32_t{name.client_port}, uint32_t{name.port}, server, expires_s})
            row += std::to_string(number) + ' ';
        return row + state;
    }
    using Rows = std::multiset<std::string>;
    static std::string difference(const Rows& all, const Rows& less) {
        std::vector<std::string> rows;
        std::ranges::set_difference(all, less, std::back_inserter(rows));
        std::string text;
        for (const auto& row : rows) text += row + '\n';
        return text;
    }
    void compare() {
        sweep_both();
        const auto seen = listed_by_director(), expected = listed_by_model();
        ASSERT_EQ(difference(seen, expected), "") << "in the director alone, event " << event;
        ASSERT_EQ(difference(expected, seen), "") << "in the model alone, event " << event;
        for (const Kind& kind : kinds) {
            const auto reports = director.servers(key_of(kind));
            for (const auto& report : *reports) compare_counts(kind, report);
        }
    }
    void compare_counts(const Kind& kind, const model::ServerReport& report) {
        const uint32_t number = report.server.key.address.bytes[3];
        uint32_t active = 0, inactive = 0, persistent = 0;
        for (const auto& [name, it] : simple.connections)
            if (name.port == kind.port && it.server == number)
                ++(is_active(it.state) ? active : inactive);
        for (const auto& [name, it] : simple.templates)
            persistent += it.port == kind.port && it.server == number;
        ASSERT_EQ(report.active, active) << "event " << event << " port " << kind.port;
        ASSERT_EQ(report.inactive, inactive) << "event " << event << " port " << kind.port;
        ASSERT_EQ(report.persistent, persistent) << "event " << event << " port " << kind.port;
    }
    void something_happens() {
        const uint32_t chance = below(1000);
        if (chance < 600) return client_sends();
        if (chance < 950) return server_answers();
        if (chance < 980) return pass_time();
        if (chance < 990) return change_a_server();
        if (chance < 995) return change_a_setting();
        sweep_both();
    }

    static constexpr uint32_t persistence_s = 100;
    const uint64_t seed = from_environment("TURNOUT_SEED", 20267);
    std::mt19937_64 random{seed};
    uint64_t now_ns = 1000000000000;
    uint64_t event = 0;
    MemoryTables tables;
    World world{.now = abi::tick_of_ns(now_ns),
                .random = [this] { return static_cast<uint32_t>(random()); }};
    director::Director director{
        tables.rows,
        {.services = 64, .servers = 256},
        [](const model::Address&) { return std::optional<model::Address>(); },
        [this] { return now_ns; }};
    Model simple;
};

TEST_F(Simulation, never_differs_from_the_model) {
    const uint64_t events = from_environment("TURNOUT_EVENTS", 1000000);
    for (event = 1; event <= events && !HasFatalFailure(); ++event) {
        something_happens();
        if (event % 100 == 0) compare();
    }
    // Templates outlive their connections by a minute.
    for (const uint64_t seconds : {20000, 100, 100}) {
        pass_time(seconds * 1000000000);
        compare();
    }
    EXPECT_TRUE(simple.connections.empty());
    for (const abi::ServerState& state : tables.rows.server_states) {
        EXPECT_EQ(state.load, 0u);
        EXPECT_EQ(state.persistent, 0u);
    }
}

}  // namespace
}  // namespace turnout::native
