// Connections that are about to expire for being idle: who is told, when, and with which numbers.
#include <gtest/gtest.h>

#include "director/director.hpp"
#include "native/run.hpp"
#include "native/testing.hpp"

namespace turnout::native {
namespace {

constexpr uint32_t the_client = clients + 7, the_server = server_addresses + 1;
constexpr uint32_t idle_s = 60;

struct Segment {
    uint8_t flags = tcp_flag::ack;
    uint32_t sequence = 0, acknowledgement = 0;
    uint16_t payload = 0;
};

class Endings : public testing::Test {
  protected:
    Endings() {
        model::Service service;
        service.key = key;
        EXPECT_TRUE(director.apply(model::AddService{service}));
        model::Server made;
        made.key = {address(the_server), 80};
        EXPECT_TRUE(director.apply(model::AddServer{key, made}));
        EXPECT_TRUE(director.set_service_timeouts(key, {{"established", idle_s}}));
        EXPECT_TRUE(director.set_resets_idle(key, true));
    }

    void send(const Ends& ends, const Segment& segment) {
        auto frame = frame_of(ends, model::Protocol::tcp, segment.flags);
        const auto put = [&](size_t at, auto value) {
            const auto wire = to_be(value);
            std::memcpy(frame.data() + at, &wire, sizeof wire);
        };
        put(16, static_cast<uint16_t>(40 + segment.payload));
        put(38, segment.sequence);
        put(42, segment.acknowledgement);
        frame.resize(frame.size() + segment.payload);
        NativeEnv<Lane::complete> env(tables, world, frame);
        EXPECT_EQ(run(env), Verdict::transmit);
    }
    void request(const Segment& segment) { send({the_client, vip, 1024, 80}, segment); }
    void reply(const Segment& segment) { send({the_server, the_client, 80, 1024}, segment); }
    // Its first acknowledgement says that the client stands at 1001, the server at 5001.
    void establish() {
        request({tcp_flag::syn, 1000, 0, 0});
        reply({tcp_flag::syn | tcp_flag::ack, 5000, 1001, 0});
        request({tcp_flag::ack, 1001, 5001, 0});
    }
    void pass_seconds(uint32_t seconds) {
        for (uint32_t i = 0; i < seconds; ++i) {
            now_ns += 1000000000;
            world.now = abi::tick_of_ns(now_ns);
            sweep_all(tables, world);
        }
    }
    size_t told() const { return tables.endings.size(); }

    const model::ServiceKey key{0, model::Protocol::tcp, address(vip), 80};
    uint64_t now_ns = 1000000000000;
    MemoryTables tables{{.connection_bits = 8}};
    World world{.now = abi::tick_of_ns(now_ns)};
    director::Director director{tables.rows,
                                {.services = 64, .servers = 256},
                                [](const model::Address&) { return std::optional(address(vip)); },
                                [this] { return now_ns; }};
};

TEST_F(Endings, are_told_once_shortly_before_the_time_is_over) {
    establish();
    pass_seconds(idle_s - 3);
    EXPECT_EQ(told(), 0u);
    pass_seconds(2);
    ASSERT_EQ(told(), 1u);
    EXPECT_EQ(to_host(tables.endings[0].tuple.client.word[0]), the_client);
    EXPECT_EQ(to_host(tables.endings[0].tuple.virtual_port), 80);
    EXPECT_EQ(tables.endings[0].sequences.client_next, 1001u);
    EXPECT_EQ(tables.endings[0].sequences.server_next, 5001u);
    pass_seconds(60);
    EXPECT_EQ(told(), 1u);
}

TEST_F(Endings, count_what_the_client_sent_and_acknowledged_last) {
    establish();
    request({tcp_flag::ack, 1001, 5001, 100});
    request({tcp_flag::ack, 1101, 7001, 50});
    request({tcp_flag::ack, 1001, 5001, 100});  // again, or late
    request({tcp_flag::ack, 1150, 7001, 0});    // a keep-alive: one less
    pass_seconds(idle_s - 1);
    ASSERT_EQ(told(), 1u);
    EXPECT_EQ(tables.endings[0].sequences.client_next, 1151u);
    EXPECT_EQ(tables.endings[0].sequences.server_next, 7001u);
}

TEST_F(Endings, numbers_go_round) {
    establish();
    request({tcp_flag::ack, 0x70000000, 0x70000000, 0});
    request({tcp_flag::ack, 0xe0000000, 0xe0000000, 0});
    request({tcp_flag::ack, 0xfffffff0, 0xffffffff, 0x20});
    request({tcp_flag::ack, 0x10, 5, 1});
    pass_seconds(idle_s - 1);
    ASSERT_EQ(told(), 1u);
    EXPECT_EQ(tables.endings[0].sequences.client_next, 0x11u);
    EXPECT_EQ(tables.endings[0].sequences.server_next, 5u);
}

TEST_F(Endings, are_told_anew_of_one_that_went_on) {
    establish();
    pass_seconds(idle_s - 1);
    request({tcp_flag::ack, 1001, 5001, 1});
    pass_seconds(idle_s - 1);
    ASSERT_EQ(told(), 2u);
    EXPECT_EQ(tables.endings[1].sequences.client_next, 1002u);
}

TEST_F(Endings, are_told_of_established_ones_alone) {
    request({tcp_flag::syn, 1000, 0, 0});
    pass_seconds(70);
    EXPECT_EQ(told(), 0u);
    establish();
    reply({tcp_flag::fin | tcp_flag::ack, 5001, 1001, 0});
    pass_seconds(200);
    EXPECT_EQ(told(), 0u);
}

TEST_F(Endings, are_told_for_services_that_want_it) {
    ASSERT_TRUE(director.set_resets_idle(key, false));
    establish();
    pass_seconds(idle_s + 1);
    EXPECT_EQ(told(), 0u);
}

}  // namespace
}  // namespace turnout::native
