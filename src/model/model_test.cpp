#include "model/model.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace turnout::model {
namespace {

const ServiceKey web{0, Protocol::tcp, Address::ipv4(198, 51, 100, 1), 80};

const std::vector<std::string> schedulers{"rr", "wlc"};

Service service(const ServiceKey& key = web) {
    Service made;
    made.key = key;
    return made;
}

Server server(uint8_t last, int32_t weight = 1) {
    Server made;
    made.key = {Address::ipv4(10, 1, 0, last), 80};
    made.weight = weight;
    return made;
}

TEST(Model, a_new_server_stands_at_the_head) {
    Model model({}, schedulers);
    ASSERT_TRUE(model.add_service(service()));
    ASSERT_TRUE(model.add_server(web, server(11)));
    ASSERT_TRUE(model.add_server(web, server(12)));
    EXPECT_EQ(model.find(web)->servers[0], server(12));
    EXPECT_EQ(model.find(web)->servers[1], server(11));
}

TEST(Model, refusals_carry_the_codes_of_ipvs_and_change_nothing) {
    Model model({}, schedulers);
    EXPECT_EQ(model.add_server(web, server(11)).error().code, ESRCH);
    EXPECT_EQ(model.remove_service(web).error().code, ESRCH);
    EXPECT_EQ(model.edit_service(service(), ~0u).error().code, ESRCH);
    ASSERT_TRUE(model.add_service(service()));
    EXPECT_EQ(model.add_service(service()).error().code, EEXIST);
    EXPECT_EQ(model.edit_server(web, server(11)).error().code, ENOENT);
    EXPECT_EQ(model.remove_server(web, {Address::ipv4(10, 1, 0, 11), 80}).error().code, ENOENT);
    ASSERT_TRUE(model.add_server(web, server(11)));
    EXPECT_EQ(model.add_server(web, server(11)).error().code, EEXIST);
    EXPECT_EQ(model.edit_server(web, server(11, -1)).error().code, ERANGE);
    EXPECT_EQ(model.add_server(web, server(12, -1)).error().code, ERANGE);
    EXPECT_EQ(model.find(web)->servers, std::vector<Server>{server(11)});
}

TEST(Model, an_unknown_scheduler_is_refused) {
    Model model({}, schedulers);
    Service odd = service();
    odd.scheduler = "nosuch";
    EXPECT_EQ(model.add_service(odd).error().code, ENOENT);
    EXPECT_TRUE(model.services().empty());
}

TEST(Model, addresses_that_no_host_can_have_are_refused) {
    Model model({}, schedulers);
    ASSERT_TRUE(model.add_service(service()));
    Server multicast = server(1);
    multicast.key.address = Address::ipv4(224, 0, 0, 1);
    EXPECT_EQ(model.add_server(web, multicast).error().code, EINVAL);
    EXPECT_EQ(model.add_service(service({0, Protocol::tcp, Address{}, 80})).error().code, EINVAL);
}

TEST(Model, only_a_tunnel_leads_to_the_other_address_family) {
    Model model({}, schedulers);
    Service ipv6 = service({0, Protocol::tcp, *Address::parse("2001:db8::1"), 80});
    ipv6.netmask = 128;
    ASSERT_TRUE(model.add_service(ipv6));
    for (const Method method : {Method::nat, Method::direct}) {
        Server other = server(11);
        other.method = method;
        EXPECT_EQ(model.add_server(ipv6.key, other).error().code, EINVAL);
    }
    Server tunnel = server(11);
    tunnel.method = Method::tunnel;
    EXPECT_TRUE(model.add_server(ipv6.key, tunnel));
    tunnel.method = Method::nat;
    EXPECT_EQ(model.edit_server(ipv6.key, tunnel).error().code, EINVAL);
}

TEST(Model, a_gue_tunnel_has_a_port) {
    Model model({}, schedulers);
    ASSERT_TRUE(model.add_service(service()));
    Server tunnel = server(11);
    tunnel.method = Method::tunnel;
    tunnel.tunnel = {TunnelType::gue, 0, 1};
    EXPECT_EQ(model.add_server(web, tunnel).error().code, EINVAL);
    tunnel.tunnel.port = 6080;
    EXPECT_TRUE(model.add_server(web, tunnel));
    tunnel.tunnel = {TunnelType::gre, 0, 1};
    EXPECT_TRUE(model.edit_server(web, tunnel));
    tunnel.tunnel = {TunnelType::gue, 0, 0};
    EXPECT_EQ(model.edit_server(web, tunnel).error().code, EINVAL);
    EXPECT_EQ(model.find(web)->servers[0].tunnel, (Tunnel{TunnelType::gre, 0, 1}));
}

TEST(Model, a_prefix_of_ipv6_has_1_to_128_bits) {
    Model model({}, schedulers);
    Service ipv6 = service({0, Protocol::tcp, *Address::parse("2001:db8::1"), 80});
    for (const uint32_t bits : {0u, 129u}) {
        ipv6.netmask = bits;
        EXPECT_EQ(model.add_service(ipv6).error().code, EINVAL);
    }
    ipv6.netmask = 64;
    EXPECT_TRUE(model.add_service(ipv6));
}

TEST(Model, limits_are_named_errors) {
    Model model({.services = 1, .servers = 2, .servers_per_service = 2}, schedulers);
    ASSERT_TRUE(model.add_service(service()));
    ServiceKey other = web;
    other.port = 81;
    EXPECT_EQ(model.add_service(service(other)).error().code, ENOSPC);
    ASSERT_TRUE(model.add_server(web, server(11)));
    ASSERT_TRUE(model.add_server(web, server(12)));
    EXPECT_EQ(model.add_server(web, server(13)).error().code, ENOSPC);
    ASSERT_TRUE(model.remove_server(web, server(11).key));
    EXPECT_TRUE(model.add_server(web, server(13)));
}

TEST(Model, an_edit_keeps_the_servers) {
    Model model({}, schedulers);
    ASSERT_TRUE(model.add_service(service()));
    ASSERT_TRUE(model.add_server(web, server(11)));
    Service edited = service();
    edited.scheduler = "rr";
    ASSERT_TRUE(model.edit_service(edited, ~0u));
    EXPECT_EQ(model.find(web)->scheduler, "rr");
    EXPECT_EQ(model.find(web)->servers.size(), 1u);
}

}  // namespace
}  // namespace turnout::model
