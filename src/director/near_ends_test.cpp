// nat_icmp_send: which NAT servers' packets are known as such, and answered from where.
#include <gtest/gtest.h>

#include "director/director.hpp"
#include "native/memory_tables.hpp"
#include "tables/convert.hpp"

namespace turnout::director {
namespace {

const model::ServiceKey key{0, model::Protocol::tcp, model::Address::ipv4(198, 51, 100, 1), 80};

class NearEnds : public testing::Test {
  protected:
    static model::Server server(uint8_t number, model::Method method) {
        model::Server made;
        made.key = {model::Address::ipv4(10, 1, 0, number), 80};
        made.method = method;
        return made;
    }
    static model::Server direct(uint8_t number) { return server(number, model::Method::direct); }
    static model::Server nat(uint8_t number) { return server(number, model::Method::nat); }
    std::unique_ptr<Director> make() {
        return std::make_unique<Director>(
            tables.rows, model::Limits{.services = 64, .servers = 256},
            [this](const model::Address&) { return source; }, [] { return uint64_t{1000000000}; });
    }
    void add(std::initializer_list<model::Server> servers) {
        model::Service service;
        service.key = key;
        service.scheduler = "rr";
        ASSERT_TRUE(director->apply(model::AddService{service}));
        for (const auto& each : servers) ASSERT_TRUE(director->apply(model::AddServer{key, each}));
    }
    abi::Endpoint sender(uint8_t number) const {
        return tables::endpoint_of(nat(number).key, model::Protocol::tcp);
    }
    // Where the director answers a server's packets from; "" when it does not.
    std::string near_end(uint8_t number) const {
        const auto found = tables.near_ends.get(sender(number));
        return found ? tables::from_row(*found, abi::Family::ipv4).to_string() : "";
    }

    native::MemoryTables tables;
    std::optional<model::Address> source = model::Address::ipv4(10, 1, 0, 1);
    std::unique_ptr<Director> director = make();
};

TEST_F(NearEnds, are_those_of_nat_servers_while_the_setting_is_on) {
    add({nat(11), direct(12)});
    EXPECT_EQ(near_end(11), "");
    ASSERT_TRUE(director->set("nat_icmp_send", 1));
    EXPECT_EQ(near_end(11), "10.1.0.1");
    EXPECT_EQ(near_end(12), "");
    ASSERT_TRUE(director->apply(model::AddServer{key, nat(13)}));
    ASSERT_TRUE(director->apply(model::RemoveServer{key, nat(11).key}));
    EXPECT_EQ(near_end(13), "10.1.0.1");
    EXPECT_EQ(near_end(11), "");
    ASSERT_TRUE(director->set("nat_icmp_send", 0));
    EXPECT_EQ(near_end(13), "");
}

TEST_F(NearEnds, follow_a_server_from_method_to_method) {
    add({direct(11)});
    ASSERT_TRUE(director->set("nat_icmp_send", 1));
    ASSERT_TRUE(director->apply(model::EditServer{key, nat(11)}));
    EXPECT_EQ(near_end(11), "10.1.0.1");
    ASSERT_TRUE(director->apply(model::EditServer{key, direct(11)}));
    EXPECT_EQ(near_end(11), "");
}

TEST_F(NearEnds, follow_the_routes) {
    add({nat(11)});
    ASSERT_TRUE(director->set("nat_icmp_send", 1));
    source = model::Address::ipv4(10, 1, 0, 2);
    director->routes_changed();
    EXPECT_EQ(near_end(11), "10.1.0.2");
    source.reset();
    director->routes_changed();
    EXPECT_EQ(near_end(11), "");
}

TEST_F(NearEnds, are_there_for_the_next_daemon) {
    add({nat(11)});
    ASSERT_TRUE(director->set("nat_icmp_send", 1));
    (void)tables.near_ends.erase(sender(11));
    director = make();
    EXPECT_EQ(near_end(11), "10.1.0.1");
    ASSERT_TRUE(director->apply(model::RemoveServer{key, nat(11).key}));
    EXPECT_EQ(near_end(11), "");
}

}  // namespace
}  // namespace turnout::director
