// A table under pressure: connections that find no room go on without a record, IPVS's defences
// rise and fall, and timeouts that services have of their own.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "director/director.hpp"
#include "native/run.hpp"
#include "native/testing.hpp"
#include "tables/convert.hpp"

namespace turnout::native {
namespace {

using model::Method, model::Protocol;

uint32_t number_at(const std::vector<uint8_t>& frame, size_t offset) {
    be32 word{};
    std::memcpy(&word, frame.data() + offset, sizeof word);
    return to_host(word);
}

class Pressure : public testing::Test {
  protected:
    static model::ServiceKey key(Protocol protocol) {
        return {0, protocol, model::Address::ipv4(198, 51, 100, 1), 80};
    }
    void add_service(Protocol protocol, uint32_t flags = 0) {
        model::Service made;
        made.key = key(protocol);
        made.scheduler = "wlc";
        made.flags = flags;
        made.persistence_timeout_s = 100;
        ASSERT_TRUE(director.apply(model::AddService{made}));
    }
    void add_server(Protocol protocol, uint32_t number, Method method = Method::nat,
                    int32_t weight = 1) {
        model::Server made;
        made.key = {address(server_addresses + number), 80};
        made.method = method;
        made.weight = weight;
        ASSERT_TRUE(director.apply(model::AddServer{key(protocol), made}));
    }
    void remove_server(Protocol protocol, uint32_t number) {
        ASSERT_TRUE(director.apply(
            model::RemoveServer{key(protocol), {address(server_addresses + number), 80}}));
    }

    struct Sent {
        Verdict verdict;
        std::vector<uint8_t> frame;
    };
    // To the fast lane, and to the complete one if that passes it on.
    Sent send(const std::vector<uint8_t>& bytes) {
        NativeEnv<Lane::fast> fast(tables, world, bytes);
        if (const Verdict verdict = run(fast); verdict != Verdict::pass)
            return {verdict, fast.frame()};
        NativeEnv<Lane::complete> complete(tables, world, bytes);
        const Verdict verdict = run(complete);
        return {verdict, complete.frame()};
    }
    // The server that the client's packet reaches by NAT; 0: none.
    uint32_t reached(uint32_t client, uint8_t flags, Protocol protocol = Protocol::tcp) {
        const Sent sent = send(frame_of({clients + client, vip, 1024, 80}, protocol, flags));
        if (sent.verdict != Verdict::transmit) return 0;
        return number_at(sent.frame, 30) - server_addresses;
    }
    Sent answer(uint32_t server, uint32_t client) {
        return send(frame_of({server_addresses + server, clients + client, 80, 1024}, Protocol::tcp,
                             tcp_flag::ack));
    }
    // So many clients, each with its server.
    std::map<uint32_t, uint32_t> open(uint32_t count) {
        std::map<uint32_t, uint32_t> servers;
        for (uint32_t client = 0; client < count; ++client)
            servers[client] = reached(client, tcp_flag::syn);
        return servers;
    }
    uint32_t records() const {
        uint32_t count = 0;
        for (const abi::Bucket& bucket : tables.rows.buckets)
            count += live_lines(bucket.header.word[0]);
        return count;
    }
    void pass_seconds(uint32_t seconds) {
        for (uint32_t i = 0; i < seconds; ++i) {
            now_ns += 1000000000;
            world.now = abi::tick_of_ns(now_ns);
            sweep_all(tables, world);
        }
    }
    bool is_up(uint32_t flag) const { return tables.rows.settings->flags & flag; }
    uint64_t load() const {
        uint64_t sum = 0;
        for (const auto& state : tables.rows.server_states) sum += state.load;
        return sum;
    }

    uint64_t now_ns = 1000000000000;
    std::mt19937 chance{20266};
    MemoryTables tables{{.connection_bits = 8}};
    World world{.now = abi::tick_of_ns(now_ns),
                .random = [this] { return static_cast<uint32_t>(chance()); }};
    director::Director director{
        tables.rows,
        {.services = 64, .servers = 256},
        [](const model::Address&) { return std::optional<model::Address>(); },
        [this] { return now_ns; }};
};

constexpr uint32_t more_than_fits = 2000;

TEST_F(Pressure, a_full_table_refuses_nobody) {
    add_service(Protocol::tcp);
    for (const uint32_t server : {1, 2, 3}) add_server(Protocol::tcp, server);
    const auto servers = open(more_than_fits);
    for (const auto& [client, server] : servers) EXPECT_NE(server, 0u) << client;
    EXPECT_TRUE(is_up(abi::settings_flag::stateless));
    EXPECT_EQ(tables.drops[static_cast<size_t>(abi::Drop::table_full)], 0u);
    EXPECT_GT(director.services()[0].counters.stateless, 1000u);
}

TEST_F(Pressure, its_beginning_and_its_end_are_told_once) {
    add_service(Protocol::tcp);
    add_server(Protocol::tcp, 1);
    std::vector<std::string> news;
    director.tell_events([&](const std::string& event) { news.push_back(event); });
    director.tick();
    EXPECT_TRUE(news.empty());
    open(more_than_fits);
    director.tick();
    ASSERT_EQ(news.size(), 1u);
    EXPECT_NE(news[0].find("the connection table is full"), std::string::npos);
    director.tick();
    EXPECT_EQ(news.size(), 1u);
    pass_seconds(910);
    director.tick();
    EXPECT_EQ(news.size(), 2u);
}

TEST_F(Pressure, every_packet_goes_where_the_first_went) {
    add_service(Protocol::tcp);
    for (const uint32_t server : {1, 2, 3}) add_server(Protocol::tcp, server);
    const auto servers = open(more_than_fits);
    for (const auto& [client, server] : servers)
        EXPECT_EQ(reached(client, tcp_flag::ack), server) << client;
}

TEST_F(Pressure, answers_come_from_the_service) {
    add_service(Protocol::tcp);
    for (const uint32_t server : {1, 2, 3}) add_server(Protocol::tcp, server);
    for (const auto& [client, server] : open(more_than_fits)) {
        const Sent sent = answer(server, client);
        ASSERT_EQ(sent.verdict, Verdict::transmit) << client;
        EXPECT_EQ(number_at(sent.frame, 26), vip) << client;
        EXPECT_EQ(answer(server == 1 ? 2 : 1, client).verdict, Verdict::pass) << client;
    }
}

TEST_F(Pressure, drop_packet_leaves_them_alone) {
    add_service(Protocol::tcp);
    for (const uint32_t server : {1, 2, 3}) add_server(Protocol::tcp, server);
    const auto servers = open(more_than_fits);
    ASSERT_TRUE(director.set("am_droprate", 1));
    ASSERT_TRUE(director.set("drop_packet", 3));
    pass_seconds(1);
    ASSERT_TRUE(is_up(abi::settings_flag::drop_packet));
    EXPECT_EQ(reached(9999, tcp_flag::syn), 0u);
    for (const auto& [client, server] : servers) {
        EXPECT_EQ(reached(client, tcp_flag::ack), server) << client;
        EXPECT_EQ(answer(server, client).verdict, Verdict::transmit) << client;
    }
}

TEST_F(Pressure, they_spread_by_weight) {
    add_service(Protocol::tcp);
    add_server(Protocol::tcp, 1, Method::nat, 1);
    add_server(Protocol::tcp, 2, Method::nat, 3);
    add_server(Protocol::tcp, 3, Method::nat, 0);
    open(1000);  // those that have records
    std::map<uint32_t, uint32_t> shares;
    constexpr uint32_t asked = 20000;
    for (uint32_t client = 1000; client < 1000 + asked; ++client)
        ++shares[reached(client, tcp_flag::syn)];
    EXPECT_EQ(shares.size(), 2u);
    EXPECT_NEAR(shares[1], asked / 4, asked / 50);
    EXPECT_NEAR(shares[2], asked * 3 / 4, asked / 50);
}

TEST_F(Pressure, a_server_that_leaves_takes_only_its_own_along) {
    add_service(Protocol::tcp);
    for (const uint32_t server : {1, 2, 3, 4}) add_server(Protocol::tcp, server);
    const auto before = open(more_than_fits);
    remove_server(Protocol::tcp, 4);
    for (const auto& [client, server] : before) {
        if (server != 4) {
            EXPECT_EQ(reached(client, tcp_flag::ack), server) << client;
        }
    }
}

TEST_F(Pressure, a_persistent_client_keeps_together) {
    add_service(Protocol::tcp, model::service_flag::persistent);
    for (const uint32_t server : {1, 2, 3, 4}) add_server(Protocol::tcp, server);
    open(more_than_fits);
    for (uint32_t client = 5000; client < 5200; ++client) {
        std::set<uint32_t> reached_by;
        for (uint16_t port = 2000; port < 2004; ++port) {
            const Sent sent =
                send(frame_of({clients + client, vip, port, 80}, Protocol::tcp, tcp_flag::syn));
            reached_by.insert(number_at(sent.frame, 30));
        }
        EXPECT_EQ(reached_by.size(), 1u) << client;
    }
}

TEST_F(Pressure, with_room_again_they_are_given_records) {
    add_service(Protocol::tcp);
    for (const uint32_t server : {1, 2, 3}) add_server(Protocol::tcp, server);
    const auto servers = open(more_than_fits);
    pass_seconds(70);  // SYN_RECV lasts a minute
    EXPECT_EQ(records(), 0u);
    EXPECT_TRUE(is_up(abi::settings_flag::stateless));
    for (uint32_t client = more_than_fits - 100; client < more_than_fits; ++client)
        EXPECT_EQ(reached(client, tcp_flag::ack), servers.at(client)) << client;
    EXPECT_EQ(records(), 100u);
    EXPECT_EQ(load(), 100 * abi::load::active_one);
}

TEST_F(Pressure, strangers_are_strangers_again_when_it_is_over) {
    add_service(Protocol::tcp);
    add_server(Protocol::tcp, 1);
    open(more_than_fits);
    pass_seconds(910);
    EXPECT_FALSE(is_up(abi::settings_flag::stateless));
    EXPECT_EQ(reached(7777, tcp_flag::ack), 0u);
    EXPECT_EQ(load(), 0u);
}

TEST_F(Pressure, drop_packet_refuses_by_the_shortage) {
    add_service(Protocol::tcp);
    add_server(Protocol::tcp, 1);
    ASSERT_TRUE(director.set("drop_packet", 1));
    open(300);
    pass_seconds(1);
    EXPECT_FALSE(is_up(abi::settings_flag::drop_packet));
    for (uint32_t client = 1000; client < 1060; ++client) reached(client, tcp_flag::syn);
    pass_seconds(1);  // 360 of 384: half of the eighth that is wanted
    ASSERT_TRUE(is_up(abi::settings_flag::drop_packet));
    EXPECT_EQ(tables.rows.pressure->drop_rate, 2u);
    uint32_t refused = 0;
    for (uint32_t client = 2000; client < 2010; ++client)
        refused += reached(client, tcp_flag::syn) == 0;
    EXPECT_EQ(refused, 5u);
    EXPECT_EQ(tables.drops[static_cast<size_t>(abi::Drop::defence)], 5u);
    pass_seconds(70);
    EXPECT_FALSE(is_up(abi::settings_flag::drop_packet));
}

TEST_F(Pressure, drop_entry_ends_half_open_connections_and_spares_others) {
    add_service(Protocol::tcp);
    add_server(Protocol::tcp, 1, Method::direct);
    ASSERT_TRUE(director.set("timeout.syn_recv", 3600));
    ASSERT_TRUE(director.set("drop_entry", 3));
    const auto push = [&](uint32_t client) {
        send(frame_of({clients + client, vip, 1024, 80}, Protocol::tcp, tcp_flag::ack));
    };
    const auto open_direct = [&](uint32_t client) {
        send(frame_of({clients + client, vip, 1024, 80}, Protocol::tcp, tcp_flag::syn));
    };
    for (uint32_t client = 0; client < 200; ++client) {
        open_direct(client);
        if (client < 20) push(client);  // hardly begun
        for (int i = 0; client >= 20 && client < 40 && i < 12; ++i) push(client);
    }
    ASSERT_EQ(records(), 200u);
    pass_seconds(50);
    EXPECT_LT(records(), 200u);
    EXPECT_GE(records(), 40u);
    pass_seconds(400);
    EXPECT_EQ(records(), 20u);  // those of thirteen packets
    EXPECT_EQ(load(), 20 * abi::load::active_one);
}

TEST_F(Pressure, secure_tcp_waits_for_the_whole_handshake) {
    add_service(Protocol::tcp);
    add_server(Protocol::tcp, 1);
    const auto state_of_the_only = [&] {
        std::string state;
        const auto note = [&](const auto& connection) { state = connection.state; };
        for (uint32_t part = 0; director.connections(part, note); ++part) {
        }
        return state;
    };
    ASSERT_TRUE(director.set("secure_tcp", 3));
    pass_seconds(1);
    reached(1, tcp_flag::syn);
    reached(1, tcp_flag::ack);
    EXPECT_EQ(state_of_the_only(), "SYN_RECV");
    send(frame_of({server_addresses + 1, clients + 1, 80, 1024}, Protocol::tcp,
                  tcp_flag::syn | tcp_flag::ack));
    EXPECT_EQ(state_of_the_only(), "SYNACK");
    ASSERT_TRUE(director.set("secure_tcp", 0));
    pass_seconds(1);
    reached(1, tcp_flag::ack);
    EXPECT_EQ(state_of_the_only(), "ESTABLISHED");
}

TEST_F(Pressure, a_service_has_timeouts_of_its_own) {
    for (const Protocol protocol : {Protocol::tcp, Protocol::udp}) {
        add_service(protocol);
        add_server(protocol, 1);
    }
    ASSERT_TRUE(director.set_service_timeouts(key(Protocol::udp), {{"udp", 5}}));
    ASSERT_TRUE(director.set("timeout.syn_recv", 10));
    reached(1, tcp_flag::syn);
    reached(1, 0, Protocol::udp);
    EXPECT_EQ(records(), 2u);
    pass_seconds(7);
    EXPECT_EQ(records(), 1u);
    pass_seconds(5);
    EXPECT_EQ(records(), 0u);
}

}  // namespace
}  // namespace turnout::native
