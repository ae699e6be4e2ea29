// One packet through both lanes, natively: what the fast lane cannot finish, the complete lane
// does, and nothing is done twice.
#include <gtest/gtest.h>

#include <cstring>

#include "native/run.hpp"
#include "packet/packet.hpp"
#include "packet/world.hpp"
#include "tables/connections.hpp"

namespace turnout::test {
namespace {

using native::Lane;

class Lanes : public testing::Test {
  protected:
    Lanes()
        : director(
              tables.rows, model::Limits{.services = 64, .servers = 256},
              [](const model::Address&) { return std::optional(director_address); },
              [] { return uint64_t{1000000000}; }) {
        std::memcpy(&world.own_mac, director_mac.data(), sizeof world.own_mac);
        model::Service service;
        service.key = dns;
        service.scheduler = "rr";
        service.flags = model::service_flag::one_packet;
        EXPECT_TRUE(director.apply(model::AddService{service}));
        for (uint8_t number = 1; number <= 3; ++number) {
            model::Server real;
            real.key = {server(number), 53};
            EXPECT_TRUE(director.apply(model::AddServer{dns, real}));
        }
    }
    template <Lane lane = Lane::complete>
    Verdict send(const Bytes& frame) {
        native::NativeEnv<lane> env(tables, world, frame);
        return native::run(env);
    }
    template <Lane lane>
    Verdict send() {
        return send<lane>(frame(Ip{client, vip}, Udp{40000, 53}, "query"));
    }
    // So that the fast lane needs no help.
    void remember_next_hops() {
        for (int packet = 0; packet < 3; ++packet) {
            (void)send<Lane::fast>();
            (void)send<Lane::complete>();
        }
    }
    std::vector<model::ServerReport> reports() const {
        auto told = director.servers(dns);
        return told ? *std::move(told) : std::vector<model::ServerReport>{};
    }
    // How many connections each server got, in list order, and how many it has now.
    std::vector<uint64_t> got() const {
        std::vector<uint64_t> counts;
        for (const auto& report : reports()) counts.push_back(report.counters.connections);
        return counts;
    }
    uint32_t held() const {
        uint32_t sum = 0;
        for (const auto& report : reports()) sum += report.active + report.inactive;
        return sum;
    }

    const model::ServiceKey dns{0, model::Protocol::udp, vip, 53};
    native::MemoryTables tables;
    native::World world{.now = 1000};
    director::Director director;
};

TEST_F(Lanes, a_one_packet_connection_is_scheduled_once_for_both) {
    for (int packet = 0; packet < 6; ++packet) {
        world.now += abi::ticks_of_seconds(5);  // no next hop is fresh any more
        EXPECT_EQ(send<Lane::fast>(), Verdict::pass) << packet;
        EXPECT_EQ(send<Lane::complete>(), Verdict::transmit) << packet;
        EXPECT_EQ(held(), 0u) << packet;
    }
    EXPECT_EQ(got(), (std::vector<uint64_t>{2, 2, 2}));
}

TEST_F(Lanes, the_fast_lane_alone_does_it_where_it_can) {
    remember_next_hops();
    for (int packet = 0; packet < 6; ++packet) EXPECT_EQ(send<Lane::fast>(), Verdict::transmit);
    EXPECT_EQ(got(), (std::vector<uint64_t>{3, 3, 3}));
    EXPECT_EQ(held(), 0u);
    EXPECT_EQ(tables::count_connections(tables.rows, world.now), 0u);
}

TEST_F(Lanes, fragments_that_waited_come_in_behind_their_first) {
    Ip ip{client, vip};
    ip.dont_fragment = false;
    const auto parts = fragments(frame(ip, Udp{40000, 53}, std::string(200, 'q')), 64);
    ASSERT_EQ(parts.size(), 4u);
    for (const size_t number : {3, 1, 2}) EXPECT_EQ(send(parts[number]), Verdict::drop);
    EXPECT_EQ(send(parts[0]), Verdict::drop);
    EXPECT_EQ(world.called_in, (std::vector{parts[0], parts[3], parts[1], parts[2]}));
    EXPECT_EQ(tables.drops[static_cast<size_t>(abi::Drop::held_fragment)], 3u);
}

TEST_F(Lanes, the_fast_lane_leaves_a_first_that_others_wait_for) {
    remember_next_hops();
    Ip ip{client, vip};
    ip.dont_fragment = false;
    const auto parts = fragments(frame(ip, Udp{40000, 53}, std::string(100, 'q')), 64);
    EXPECT_EQ(send(parts[1]), Verdict::drop);
    EXPECT_EQ(send<Lane::fast>(parts[0]), Verdict::pass);
    EXPECT_EQ(send(parts[0]), Verdict::drop);
    EXPECT_EQ(world.called_in, (std::vector{parts[0], parts[1]}));
    for (const Bytes& part : parts) EXPECT_EQ(send<Lane::fast>(part), Verdict::transmit);
}

// What came in fragments is cut again where it does not fit, and so is what came whole.
TEST_F(Lanes, pieces_are_those_of_the_packet) {
    Ip ip{client, vip}, out{client, server(3), 63};
    ip.dont_fragment = out.dont_fragment = false;
    const std::string large(5000, 'l');
    const auto whole = frame(ip, Udp{40000, 53}, large);
    const auto translated = frame(out, Udp{40000, 53}, large, {{}, {}});
    EXPECT_EQ(send(whole), Verdict::transmit);
    auto expected = fragments(translated, 1480);
    expected.pop_back();  // the last one is the packet itself
    EXPECT_EQ(world.sent, expected);
    world.sent.clear();
    for (const Bytes& part : fragments(whole, 2000)) EXPECT_EQ(send(part), Verdict::transmit);
    std::vector<size_t> sizes;
    for (const Bytes& part : world.sent) sizes.push_back(part.size());
    EXPECT_EQ(sizes, (std::vector<size_t>{1514, 1514}));
}

TEST_F(Lanes, of_one_packet_so_many_fragments_wait_and_no_more) {
    Ip ip{client, vip};
    ip.dont_fragment = false;
    const auto parts = fragments(frame(ip, Udp{40000, 53}, std::string(1000, 'q')), 8);
    for (size_t number = 1; number <= most_held + 2; ++number)
        EXPECT_EQ(send(parts[number]), Verdict::drop);
    EXPECT_EQ(tables.drops[static_cast<size_t>(abi::Drop::held_fragment)], most_held);
    EXPECT_EQ(tables.drops[static_cast<size_t>(abi::Drop::lost_fragment)], 2u);
}

}  // namespace
}  // namespace turnout::test
