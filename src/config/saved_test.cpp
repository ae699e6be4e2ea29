#include "config/saved.hpp"

#include <gtest/gtest.h>

#include "config/saved_json.hpp"
#include "director/director.hpp"
#include "native/memory_tables.hpp"

namespace turnout::config {
namespace {

using model::Address, model::Method, model::Protocol, model::Server, model::Service;

struct Machine {
    native::MemoryTables tables;
    director::Director director{tables.rows,
                                {},
                                [](const Address&) { return std::nullopt; },
                                [] { return uint64_t{1}; },
                                [](const Address&) { return false; },
                                [](const std::string& name) {
                                    return name == "eth0" ? std::optional(1500u) : std::nullopt;
                                }};
};

Address address(const char* text) {
    return *Address::parse(text);
}

Server server(const char* at, uint16_t port, Method method, int32_t weight) {
    Server made;
    made.key = {address(at), port};
    made.method = method;
    made.weight = weight;
    return made;
}

Service web() {
    Service service;
    service.key = {0, Protocol::tcp, address("198.51.100.1"), 80};
    service.scheduler = "mh";
    service.flags = model::service_flag::persistent | model::service_flag::scheduler_2;
    service.persistence_timeout_s = 360;
    service.netmask = 0xffffff00;
    Server limited = server("10.1.0.12", 80, Method::direct, 0);
    limited.upper_threshold = 4000000000;
    limited.lower_threshold = 7;
    Server gue = server("2001:db8:10::13", 0, Method::tunnel, 65535);
    gue.tunnel = {model::TunnelType::gue, 6080, 1};
    // Not in the order of their addresses: the order is the operator's.
    service.servers = {server("10.1.0.11", 8080, Method::nat, 3), limited, gue,
                       server("10.1.0.9", 80, Method::nat, 1)};
    return service;
}

Service calls() {
    Service service;
    service.key = {0, Protocol::udp, address("2001:db8::1"), 5060};
    service.scheduler = "rr";
    service.flags = model::service_flag::persistent | model::service_flag::one_packet;
    service.persistence_timeout_s = 60;
    service.netmask = 128;
    service.persistence_engine = "sip";
    return service;
}

Service marked() {
    Service service;
    service.key.mark = 4294967295;
    service.key.address.family = model::Family::ipv6;
    service.netmask = 64;
    service.servers = {server("2001:db8:10::1", 0, Method::direct, 1)};
    return service;
}

Saved everything() {
    Saved saved;
    saved.timeouts = {901, 121, 301};
    // A timeout that departs from its standard is a setting, too.
    saved.settings = {{"pmtu_disc", 0},
                      {"schedule_icmp", 1},
                      {"timeout.established", 901},
                      {"timeout.fin_wait", 121},
                      {"timeout.udp", 301}};
    model::MarkRule first, second;
    first.number = 1;
    first.protocol = Protocol::tcp;
    first.from = *model::Prefix::parse("203.0.113.0/24");
    first.from_ports = {{1024, 65535}};
    first.to_ports = {{80, 80}, {443, 443}};
    first.mark = 4294967295;
    second.number = 7;  // those between have been deleted
    second.family = model::Family::ipv6;
    second.mark = 2;
    saved.mark_rules = {first, second};
    saved.services = {web(), calls(), marked()};
    saved.service_timeouts[web().key] = {{"established", 60}, {"fin_wait", 7}};
    saved.reset_idle = {web().key};
    saved.services.front().servers.front().drain = model::Drain{0, true, 3, false};
    return saved;
}

void expect_same(const Saved& a, const Saved& b) {
    EXPECT_EQ(a.timeouts, b.timeouts);
    EXPECT_EQ(a.settings, b.settings);
    EXPECT_EQ(a.mark_rules, b.mark_rules);
    EXPECT_EQ(a.service_timeouts, b.service_timeouts);
    EXPECT_EQ(a.reset_idle, b.reset_idle);
    EXPECT_EQ(a.sync_daemons, b.sync_daemons);
    ASSERT_EQ(a.services.size(), b.services.size());
    for (size_t i = 0; i < a.services.size(); ++i) {
        const Service &x = a.services[i], &y = b.services[i];
        EXPECT_EQ(x.key, y.key);
        EXPECT_EQ(x.scheduler, y.scheduler);
        EXPECT_EQ(x.flags, y.flags);
        EXPECT_EQ(x.persistence_timeout_s, y.persistence_timeout_s);
        EXPECT_EQ(x.netmask, y.netmask);
        EXPECT_EQ(x.persistence_engine, y.persistence_engine);
        EXPECT_EQ(x.servers, y.servers);
    }
}

TEST(saved, everything_comes_back_through_text_and_a_new_director) {
    const auto read = saved_from(nlohmann::json::parse(json_of(everything()).dump(1)));
    ASSERT_TRUE(read) << read.error().message;
    expect_same(*read, everything());

    Machine machine;
    const auto restored = restore(*read, machine.director, machine.director);
    ASSERT_TRUE(restored) << restored.error().message;
    expect_same(collect(machine.director, machine.director), everything());
}

Saved synchronised() {
    Saved saved;
    saved.timeouts = {900, 120, 300};
    saved.sync_daemons = {{model::SyncRole::master, "eth0", 7, 1000, address("224.0.0.82"), 9, 2},
                          {model::SyncRole::backup, "eth1", 0, 1452, address("ff05::81"), 8848, 1}};
    return saved;
}

TEST(saved, sync_daemons_come_back_but_for_those_whose_interface_is_gone) {
    const auto read = saved_from(nlohmann::json::parse(json_of(synchronised()).dump(1)));
    ASSERT_TRUE(read) << read.error().message;
    expect_same(*read, synchronised());

    Machine machine;
    ASSERT_TRUE(restore(*read, machine.director, machine.director));
    Saved expected = synchronised();
    expected.sync_daemons.pop_back();
    expect_same(collect(machine.director, machine.director), expected);
}

TEST(saved, a_director_that_nobody_has_configured) {
    Machine machine;
    const Saved saved = collect(machine.director, machine.director);
    EXPECT_TRUE(saved.services.empty() && saved.settings.empty() && saved.mark_rules.empty());
    EXPECT_EQ(saved.timeouts, (model::Timeouts{900, 120, 300}));
    expect_same(*saved_from(json_of(saved)), saved);
}

TEST(saved, what_the_director_refuses_is_named) {
    Saved saved = everything();
    saved.services[0].scheduler = "best";
    Machine machine;
    const auto restored = restore(saved, machine.director, machine.director);
    ASSERT_FALSE(restored);
    EXPECT_NE(restored.error().message.find("198.51.100.1:80: no scheduler \"best\""),
              std::string::npos)
        << restored.error().message;
}

struct Damage {
    const char* what;
    const char* at;  // JSON pointer
    nlohmann::json value;
    const char* message;
};

// How a damaged document is told of.
TEST(saved, damage_is_told_where_it_is) {
    const Damage damages[] = {
        {"another format", "/format", 2, "format 2"},
        {"no format", "/format", nullptr, "format is to be a whole number"},
        {"unknown member", "/more", 1, "more is unknown"},
        {"wrong type", "/services", 1, "services is to be a list"},
        {"text for a number", "/services/0/port", "80", "services[0].port"},
        {"out of range", "/services/0/port", 65536, "services[0].port"},
        {"negative", "/services/0/port", -1, "services[0].port is out of its range"},
        {"a fraction", "/services/0/port", 80.5, "services[0].port"},
        {"no address", "/services/0/address", "here", "services[0].address cannot be \"here\""},
        {"no mask", "/services/0/netmask", "64", "services[0].netmask"},
        {"a server's member", "/services/0/servers/1/color", 1,
         "services[0].servers[1].color is unknown"},
        {"a method", "/services/0/servers/1/method", "bus", "servers[1].method"},
        {"a tunnel", "/services/0/servers/2/tunnel/type", 4, "servers[2].tunnel.type"},
        {"a drain", "/services/0/servers/0/drain/then_remove", 1, "servers[0].drain.then_remove"},
        {"a choice", "/services/0/reset_idle", "on", "services[0].reset_idle is to be true or"},
        {"a rule", "/mark_rules/0/mark", "x", "mark_rules: \"mark\""},
        {"a setting", "/settings/pmtu_disc", true, "settings.pmtu_disc"},
        {"timeouts", "/timeouts/tcp", -5, "timeouts.tcp"},
    };
    for (const Damage& damage : damages) {
        auto json = json_of(everything());
        json[nlohmann::json::json_pointer(damage.at)] = damage.value;
        const auto read = saved_from(json);
        ASSERT_FALSE(read) << damage.what;
        EXPECT_NE(read.error().message.find(damage.message), std::string::npos)
            << damage.what << ": " << read.error().message;
    }
    const auto whole = json_of(everything());
    for (const auto& [name, value] : whole.items()) {
        auto json = whole;
        json.erase(name);
        const auto read = saved_from(json);
        ASSERT_FALSE(read) << name;
        EXPECT_EQ(read.error().message, name + " is missing");
    }
}

}  // namespace
}  // namespace turnout::config
