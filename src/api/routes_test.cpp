#include "api/routes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "director/director.hpp"
#include "model/names.hpp"
#include "native/native_env.hpp"

namespace turnout::api {
namespace {

using Json = nlohmann::json;

// The director itself, over plain memory.
struct RoutesTest : testing::Test {
    Answer ask(std::string_view method, std::string_view target, std::string_view body = {}) {
        return respond(director, method, target, body);
    }
    Json marks() { return ask("GET", "/v1/marks").body; }
    // Nothing is changed by what is refused.
    void refused(unsigned status, const char* code, std::string_view method,
                 std::string_view target, std::string_view body = {}) {
        const Json marks_before = marks(), settings_before = ask("GET", "/v1/settings").body;
        const Answer answer = ask(method, target, body);
        EXPECT_EQ(answer.status, status) << method << ' ' << target << ' ' << body;
        EXPECT_EQ(answer.body["error"]["code"], code) << body;
        EXPECT_NE(answer.body["error"]["message"], "") << body;
        EXPECT_EQ(marks(), marks_before) << body;
        EXPECT_EQ(ask("GET", "/v1/settings").body, settings_before) << body;
    }

    native::MemoryTables tables;
    director::Director director{tables.rows,
                                {},
                                [](const model::Address&) { return std::nullopt; },
                                [] { return uint64_t{1}; }};
};

TEST_F(RoutesTest, a_rule_comes_back_as_it_was_given_with_its_number) {
    EXPECT_EQ(marks(), Json::array());
    const Json rule{{"protocol", "tcp"},           {"from", "203.0.113.0/24"},
                    {"to", "192.0.2.1"},           {"from_ports", "1024-65535"},
                    {"ports", "80,443,8000-8080"}, {"mark", 4294967295}};
    const Answer answer = ask("POST", "/v1/marks", rule.dump());
    EXPECT_EQ(answer.status, 201u);
    Json expected = rule;
    expected.update({{"number", 1}, {"family", "ipv4"}});
    EXPECT_EQ(answer.body, Json::array({expected}));
    EXPECT_EQ(marks(), Json::array({expected}));
}

TEST_F(RoutesTest, what_matches_anything_is_left_out) {
    ask("POST", "/v1/marks", R"({"mark": 7, "protocol": null})");
    EXPECT_EQ(marks()[0], (Json{{"number", 1}, {"family", "ipv4"}, {"mark", 7}}));
}

TEST_F(RoutesTest, the_family_is_that_of_the_addresses_or_as_given) {
    ask("POST", "/v1/marks",
        R"([{"mark": 1, "to": "2001:db8::/32"}, {"mark": 1, "family": "ipv6"}])");
    ASSERT_EQ(marks().size(), 2u);
    EXPECT_EQ(marks()[0]["family"], "ipv6");
    EXPECT_EQ(marks()[1]["family"], "ipv6");
}

TEST_F(RoutesTest, a_list_is_added_whole_and_can_be_given_back) {
    const Answer answer = ask("POST", "/v1/marks", R"([{"mark": 1}, {"mark": 2}])");
    ASSERT_EQ(answer.body.size(), 2u);
    EXPECT_EQ(answer.body[1]["number"], 2);
    EXPECT_EQ(ask("POST", "/v1/marks", marks().dump()).body[1]["number"], 4);
}

TEST_F(RoutesTest, all_or_none) {
    refused(400, "EINVAL", "POST", "/v1/marks", R"([{"mark": 1}, {"mark": 0}])");
    refused(400, "EINVAL", "POST", "/v1/marks", R"([{"mark": 1}, {"mark": 2, "ports": "80"}])");
}

TEST_F(RoutesTest, rules_are_taken_at_their_word) {
    for (const char* body : {"",
                             "{",
                             "[",
                             "7",
                             "null",
                             "[7]",
                             "[[]]",
                             "{}",
                             R"({"mark": "1"})",
                             R"({"mark": -1})",
                             R"({"mark": 1.5})",
                             R"({"mark": 4294967296})",
                             R"({"mark": 1, "port": "80"})",
                             R"({"mark": 1, "protocol": "icmp"})",
                             R"({"mark": 1, "protocol": 6})",
                             R"({"mark": 1, "to": "example.org"})",
                             R"({"mark": 1, "to": "192.0.2.1/33"})",
                             R"({"mark": 1, "family": "ipx"})",
                             R"({"mark": 1, "protocol": "tcp", "ports": "80-"})",
                             R"({"mark": 1, "protocol": "tcp", "ports": "9-8"})",
                             R"({"mark": 1, "from": "192.0.2.1", "to": "2001:db8::1"})",
                             R"({"mark": 1, "to": "192.0.2.1", "family": "ipv6"})",
                             "{\"mark\": 1, \"to\": \"\xff\"}"})
        refused(400, "EINVAL", "POST", "/v1/marks", body);
}

TEST_F(RoutesTest, a_full_table_takes_nothing_more) {
    Json many = Json::array();
    for (int i = 0; i < 1025; ++i) many.push_back({{"mark", 1}});
    refused(507, "ENOSPC", "POST", "/v1/marks", many.dump());
}

TEST_F(RoutesTest, deleting) {
    ask("POST", "/v1/marks", R"([{"mark": 1}, {"mark": 2}])");
    const Answer answer = ask("DELETE", "/v1/marks/1");
    EXPECT_EQ(answer.status, 204u);
    EXPECT_TRUE(answer.body.is_null());
    ASSERT_EQ(marks().size(), 1u);
    EXPECT_EQ(marks()[0]["number"], 2);
    refused(404, "ENOENT", "DELETE", "/v1/marks/1");
    for (const char* target :
         {"/v1/marks/", "/v1/marks/x", "/v1/marks/2x", "/v1/marks/-2", "/v1/marks/4294967298"})
        refused(400, "EINVAL", "DELETE", target);
}

TEST_F(RoutesTest, settings_tell_themselves_and_are_set) {
    const auto setting = [this] {
        for (const Json& each : ask("GET", "/v1/settings").body)
            if (each["name"] == "expire_quiescent_template") return each;
        return Json{};
    };
    const Json before = setting();
    ASSERT_FALSE(before.empty());
    EXPECT_EQ(before["value"], 0);
    EXPECT_EQ(before["default"], 0);
    EXPECT_EQ(before["least"], 0);
    EXPECT_EQ(before["greatest"], 1);
    EXPECT_NE(before["meaning"], "");
    const Answer answer = ask("PUT", "/v1/settings/expire_quiescent_template", R"({"value": 1})");
    EXPECT_EQ(answer.status, 200u);
    EXPECT_EQ(answer.body["value"], 1);
    EXPECT_EQ(setting()["value"], 1);
}

TEST_F(RoutesTest, settings_refuse_what_they_cannot_be) {
    const char* target = "/v1/settings/expire_quiescent_template";
    for (const char* body :
         {R"({"value": 2})", R"({"value": -1})", R"({"value": 18446744073709551615})"})
        refused(400, "ERANGE", "PUT", target, body);
    for (const char* body : {"", "1", "[]", "{}", R"({"value": "1"})", R"({"value": true})",
                             R"({"value": 0.5})", R"({"value": 1, "more": 1})"})
        refused(400, "EINVAL", "PUT", target, body);
    refused(404, "ENOENT", "PUT", "/v1/settings/nosuch", R"({"value": 1})");
    refused(501, "ENOSYS", "PUT", "/v1/settings/conntrack", R"({"value": 1})");
    refused(404, "ENOENT", "PUT", "/v1/settings/", R"({"value": 1})");
}

TEST_F(RoutesTest, services_have_timeouts_of_their_own) {
    const char* target = "/v1/services/tcp:198.51.100.1:80/timeouts";
    refused(404, "ESRCH", "GET", target);
    model::Service service;
    service.key = *model::service_named("tcp:198.51.100.1:80");
    ASSERT_TRUE(director.apply(model::AddService{service}));
    EXPECT_EQ(ask("GET", target).body, Json::object());
    EXPECT_EQ(ask("PATCH", target, R"({"established": 7200, "close": 3})").status, 200u);
    EXPECT_EQ(ask("PATCH", target, R"({"close": 0})").body, (Json{{"established", 7200}}));
    EXPECT_EQ(ask("GET", target).body, (Json{{"established", 7200}}));
    for (const char* body : {"", "1", "[]", R"({"established": "2h"})", R"({"established": -1})",
                             R"({"established": 1.5})"})
        refused(400, "EINVAL", "PATCH", target, body);
    refused(400, "ERANGE", "PATCH", target, R"({"established": 4294967296})");
    refused(404, "ENOENT", "PATCH", target, R"({"nosuch": 1})");
    refused(405, "EOPNOTSUPP", "DELETE", target);
    refused(400, "EINVAL", "GET", "/v1/services/web/timeouts");
}

TEST_F(RoutesTest, services_may_reset_idle_connections) {
    const char* target = "/v1/services/tcp:198.51.100.1:80/reset_idle";
    refused(404, "ESRCH", "GET", target);
    refused(404, "ESRCH", "PUT", target, R"({"value": true})");
    model::Service service;
    service.key = *model::service_named("tcp:198.51.100.1:80");
    ASSERT_TRUE(director.apply(model::AddService{service}));
    EXPECT_EQ(ask("GET", target).body, (Json{{"value", false}}));
    EXPECT_EQ(ask("PUT", target, R"({"value": true})").body, (Json{{"value", true}}));
    EXPECT_EQ(ask("GET", target).body, (Json{{"value", true}}));
    for (const char* body : {"", "true", R"({"value": 1})", R"({"value": true, "more": 1})"})
        refused(400, "EINVAL", "PUT", target, body);
    refused(405, "EOPNOTSUPP", "PATCH", target);
    // Another service of that name begins anew.
    ASSERT_TRUE(director.apply(model::RemoveService{service.key}));
    ASSERT_TRUE(director.apply(model::AddService{service}));
    EXPECT_EQ(ask("GET", target).body, (Json{{"value", false}}));
    refused(404, "ENOENT", "GET", "/v1/services/tcp:198.51.100.1:80");
}

// A service with two servers, and connections to them as the data plane makes them.
struct ConnectionRoutesTest : RoutesTest {
    ConnectionRoutesTest() {
        model::Service service;
        service.key = *model::service_named("tcp:198.51.100.1:80");
        EXPECT_TRUE(director.apply(model::AddService{service}));
        for (const uint8_t number : std::vector<uint8_t>{11, 12}) {
            model::Server server;
            server.key = {model::Address::ipv4(10, 1, 0, number), 8080};
            EXPECT_TRUE(director.apply(model::AddServer{service.key, server}));
        }
    }
    uint32_t row_of(uint8_t number) const {
        const abi::Address address{{to_be(0x0a010000u + number)}};
        const auto at = std::ranges::find(tables.rows.servers, address, &abi::Server::address);
        return static_cast<uint32_t>(at - tables.rows.servers.begin());
    }
    abi::ServerState& state_of(uint8_t number) { return tables.rows.server_states[row_of(number)]; }

    abi::Connection record(uint8_t client, uint8_t server, abi::TupleKind kind) const {
        abi::Connection made{};
        made.tuple.client = {{to_be(0xcb007100u + client)}};
        made.tuple.virtual_address = {{to_be(0xc6336401u)}};
        made.tuple.virtual_port = to_be(uint16_t{80});
        made.tuple.protocol = 6;
        made.tuple.family = abi::Family::ipv4;
        made.tuple.kind = kind;
        made.timeout = abi::ticks_of_seconds(900);
        made.server = row_of(server);
        return made;
    }
    void connect(uint16_t port, uint8_t client, uint8_t server, uint32_t link = 0) {
        abi::Connection made = record(client, server, abi::TupleKind::connection);
        made.tuple.client_port = to_be(port);
        made.status = static_cast<uint32_t>(abi::State::established) | abi::status::active;
        made.link = link;
        ASSERT_TRUE(env.insert(made, not_seen).inserted);
        state_of(server).load += abi::load::active_one;
        if (link) ++at(env, link)->children;
    }
    Location bind(uint8_t client, uint8_t server) {
        const auto made = record(client, server, abi::TupleKind::persistence);
        state_of(server).persistent += 1;
        return env.insert(made, not_seen).location;
    }

    // Every part of the table.
    Json listed(const std::string& filter = {}) {
        Json all = Json::array();
        for (Json next = 0; !next.is_null();) {
            const std::string query = (filter.empty() ? "" : filter + "&") + "part=" + next.dump();
            Json page = ask("GET", "/v1/connections?" + query).body;
            EXPECT_TRUE(page.contains("next")) << page;
            for (Json& connection : page["connections"]) all.push_back(std::move(connection));
            next = page["next"];
        }
        return all;
    }
    uint64_t ended(const std::string& filter) {
        return ask("DELETE", "/v1/connections?" + filter).body["ended"];
    }

    native::World world{.now = abi::tick_of_ns(1)};
    native::NativeEnv<native::Lane::complete> env{tables, world, {}};
};

TEST_F(ConnectionRoutesTest, a_connection_tells_all_of_itself) {
    connect(40000, 7, 11);
    const Json expected{{"protocol", "tcp"},
                        {"client", "203.0.113.7:40000"},
                        {"virtual", "198.51.100.1:80"},
                        {"server", "10.1.0.11:8080"},
                        {"service", "tcp:198.51.100.1:80"},
                        {"state", "ESTABLISHED"},
                        {"expires_s", 899},
                        {"kind", "connection"},
                        {"method", "nat"},
                        {"flags", Json::array()}};
    EXPECT_EQ(listed(), Json::array({expected}));
}

TEST_F(ConnectionRoutesTest, a_long_list_comes_in_parts) {
    for (uint16_t port = 1000; port < 2200; ++port) connect(port, 7, 11);
    const Json first = ask("GET", "/v1/connections").body;
    EXPECT_GE(first["connections"].size(), 1000u);
    EXPECT_EQ(listed().size(), 1200u);
    EXPECT_EQ(listed("client=203.0.113.7:1500").size(), 1u);
    const Json behind = ask("GET", "/v1/connections?part=100000").body;
    EXPECT_TRUE(behind["connections"].empty());
    EXPECT_TRUE(behind["next"].is_null());
}

TEST_F(ConnectionRoutesTest, what_is_ended_no_longer_counts) {
    for (uint16_t port = 1; port <= 10; ++port)
        connect(port, 7, port <= 4 ? uint8_t{11} : uint8_t{12});
    EXPECT_EQ(ended("server=10.1.0.11"), 4u);
    EXPECT_EQ(state_of(11).load, 0u);
    EXPECT_EQ(abi::load::active(state_of(12).load), 6u);
    EXPECT_EQ(listed().size(), 6u);
    EXPECT_EQ(ended("server=10.1.0.11"), 0u);
    EXPECT_EQ(ended("all=1"), 6u);
    EXPECT_EQ(state_of(12).load, 0u);
}

TEST_F(ConnectionRoutesTest, a_template_ends_at_once_or_with_its_connections) {
    const Location alone = bind(7, 11), with_one = bind(8, 11);
    connect(40000, 8, 11, with_one);
    EXPECT_EQ(ended("kind=template"), 2u);
    EXPECT_EQ(state_of(11).persistent, 1u);
    EXPECT_TRUE(at(env, alone)->status & abi::status::dead);
    EXPECT_FALSE(at(env, with_one)->status & abi::status::dead);
    const Json left = listed("kind=template");
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0]["flags"], Json::array({"retired"}));
    EXPECT_EQ(ended("kind=template"), 0u);
    EXPECT_EQ(ended("kind=connection"), 1u);
    EXPECT_EQ(at(env, with_one)->children, 0u);
    EXPECT_TRUE(listed().empty());
}

TEST_F(ConnectionRoutesTest, nothing_is_ended_by_mistake) {
    connect(40000, 7, 11);
    refused(400, "EINVAL", "DELETE", "/v1/connections");
    refused(400, "EINVAL", "DELETE", "/v1/connections?part=0");
    for (const char* query : {"all=0", "all", "clients=203.0.113.7", "client=", "state=OPEN",
                              "server=10.1.0.11&protocol=icmp", "part=x", "part=-1"}) {
        refused(400, "EINVAL", "DELETE", std::string("/v1/connections?") + query);
        refused(400, "EINVAL", "GET", std::string("/v1/connections?") + query);
    }
    refused(405, "EOPNOTSUPP", "POST", "/v1/connections");
    EXPECT_EQ(listed().size(), 1u);
}

TEST_F(ConnectionRoutesTest, a_server_is_drained_and_comes_back) {
    EXPECT_EQ(ask("GET", "/v1/drains").body, Json::array());
    state_of(11).load = abi::load::active_one;
    const Json order{{"service", "tcp:198.51.100.1:80"},
                     {"server", "10.1.0.11"},
                     {"deadline_s", 600},
                     {"then", "remove"},
                     {"udp_idle_s", 2}};
    const Answer started = ask("POST", "/v1/drains", order.dump());
    EXPECT_EQ(started.status, 201u);
    const Json expected{{"service", "tcp:198.51.100.1:80"},
                        {"server", "10.1.0.11:8080"},
                        {"weight", 1},
                        {"state", "draining"},
                        {"then", "remove"},
                        {"left_s", 600},
                        {"connections", {{"tcp", 1}}},
                        {"templates", 0},
                        {"last", false}};
    EXPECT_EQ(started.body, Json::array({expected}));
    EXPECT_EQ(ask("GET", "/v1/drains").body, Json::array({expected}));
    EXPECT_EQ(ask("DELETE", "/v1/drains?server=10.1.0.11:8080").body["cancelled"], 1);
    EXPECT_EQ(ask("GET", "/v1/drains").body, Json::array());
    refused(404, "ENOENT", "DELETE", "/v1/drains?server=10.1.0.11:8080");
}

TEST_F(ConnectionRoutesTest, drains_are_taken_at_their_word) {
    for (const char* body :
         {"", "[]", "{}", R"({"service": "tcp:198.51.100.1:80"})", R"({"server": 1})",
          R"({"server": "10.1.0.0/24"})", R"({"server": "10.1.0.11", "then": "stay"})",
          R"({"server": "10.1.0.11", "deadline_s": "10m"})",
          R"({"server": "10.1.0.11", "deadline_s": 31622401})",
          R"({"server": "10.1.0.11", "udp_idle_s": 256})",
          R"({"server": "10.1.0.11", "dead_line_s": 5})"})
        refused(400, "EINVAL", "POST", "/v1/drains", body);
    refused(404, "ENOENT", "POST", "/v1/drains", R"({"server": "10.1.0.99"})");
    refused(405, "EOPNOTSUPP", "PUT", "/v1/drains");
    EXPECT_EQ(ask("GET", "/v1/drains").body, Json::array());
}

TEST_F(RoutesTest, other_methods_and_places) {
    refused(405, "EOPNOTSUPP", "PUT", "/v1/marks");
    refused(405, "EOPNOTSUPP", "GET", "/v1/marks/1");
    refused(405, "EOPNOTSUPP", "POST", "/v1/settings");
    refused(405, "EOPNOTSUPP", "GET", "/v1/settings/expire_quiescent_template");
    EXPECT_EQ(ask("HEAD", "/v1/marks").allow, "GET, POST");
    for (const char* target :
         {"", "/", "/v1", "/v1/mark", "/v2/marks", "*", "/v1/marks?x=1", "/v1/connections/"})
        refused(404, "ENOENT", "GET", target);
}

}  // namespace
}  // namespace turnout::api
