// The short way natively: which packets take it, and that it does to them what the whole way does.
#include <gtest/gtest.h>

#include <cstring>

#include "native/run.hpp"
#include "packet/native_world.hpp"
#include "packet/packet.hpp"

namespace turnout::test {
namespace {

using model::Method;
using native::Lane;

Mac mac_of(const MacBytes& bytes) {
    Mac mac;
    std::memcpy(&mac, bytes.data(), sizeof mac);
    return mac;
}

// A service of one server, whose packets are in mid-connection.
struct Farm {
    Method method;
    bool ipv6;
    model::Protocol protocol;
};

// All that packets change.
struct State {
    explicit State(const native::MemoryTables& tables)
        : buckets(tables.buckets.begin(), tables.buckets.end()),
          traffic(tables.rows.traffic.begin(), tables.rows.traffic.end()),
          begun(tables.rows.begun.begin(), tables.rows.begun.end()),
          servers(tables.rows.server_states.begin(), tables.rows.server_states.end()),
          cursors(tables.rows.cursors.begin(), tables.rows.cursors.end()),
          rows(tables.rows.servers.begin(), tables.rows.servers.end()) {}
    void restore(native::MemoryTables& tables) const {
        std::ranges::copy(buckets, tables.buckets.begin());
        std::ranges::copy(traffic, tables.rows.traffic.begin());
        std::ranges::copy(begun, tables.rows.begun.begin());
        std::ranges::copy(servers, tables.rows.server_states.begin());
        std::ranges::copy(cursors, tables.rows.cursors.begin());
        std::ranges::copy(rows, tables.rows.servers.begin());
    }
    std::vector<abi::Bucket> buckets;
    std::vector<abi::TrafficCounters> traffic;
    std::vector<abi::BeginCounters> begun;
    std::vector<abi::ServerState> servers;
    std::vector<abi::Cursor> cursors;
    std::vector<abi::Server> rows;  // for their next hops
};

class ShortWay : public testing::TestWithParam<Farm> {
  protected:
    ShortWay()
        : director(
              tables.rows, model::Limits{.services = 64, .servers = 256},
              [](const model::Address& to) { return std::optional(source_for(to)); },
              [] { return uint64_t{1000000000}; }) {
        world.own_mac = mac_of(director_mac);
        model::Service service;
        service.key = key;
        service.scheduler = "rr";
        if (GetParam().ipv6) service.netmask = 128;
        EXPECT_TRUE(director.apply(model::AddService{service}));
        real.key = {of_family(server(1)), 8000};
        if (GetParam().method != Method::nat) real.key.port = key.port;
        real.method = GetParam().method;
        real.weight = 100;  // or ovf would soon have it overflow
        EXPECT_TRUE(director.apply(model::AddServer{key, real}));
        establish();
    }
    static model::Address of_family(const model::Address& address) {
        return GetParam().ipv6 ? to_ipv6(address) : address;
    }
    static bool is_tcp() { return GetParam().protocol == model::Protocol::tcp; }
    static Bytes packet(const Ip& ip, uint16_t from, uint16_t to, uint8_t flags,
                        const std::string& payload = "payload") {
        return is_tcp() ? frame(ip, Tcp{from, to, flags}, payload)
                        : frame(ip, Udp{from, to}, payload);
    }
    Bytes request(uint8_t flags = ACK, uint8_t ttl = 64) const {
        return packet({of_family(client), key.address, ttl}, 40000, key.port, flags);
    }
    Bytes reply(uint8_t flags = ACK) const {
        return packet({real.key.address, of_family(client)}, real.key.port, 40000, flags);
    }
    template <Lane lane>
    std::pair<Verdict, Bytes> send(const Bytes& bytes) {
        native::NativeEnv<lane> env(tables, world, bytes);
        const Verdict verdict = native::run(env);
        return {verdict, env.frame()};
    }
    // The whole way, in the complete lane, until the connection is established.
    void establish() {
        EXPECT_EQ(send<Lane::complete>(request(SYN)).first, Verdict::transmit);
        if (GetParam().method == Method::nat) {
            EXPECT_EQ(send<Lane::complete>(reply(SYN | ACK)).first, Verdict::transmit);
        }
        EXPECT_EQ(send<Lane::complete>(request(ACK)).first, Verdict::transmit);
    }
    Bytes go_whole_way(const Bytes& bytes) {
        native::NativeEnv<Lane::complete> env(tables, world, bytes);
        EXPECT_EQ(native::run_whole_way(env), Verdict::transmit);
        return env.frame();
    }
    // By the short way alone; nothing, if the packet does not take it.
    std::optional<Bytes> go(const Bytes& bytes) {
        native::NativeEnv<Lane::fast> env(tables, world, bytes);
        const Decision decision = go_short_way(env);
        if (!decision.made) return std::nullopt;
        EXPECT_EQ(decision.verdict, Verdict::transmit);
        return env.frame();
    }
    // All that packets change, as bytes.
    std::string traces() const {
        const auto bytes = [](auto rows) {
            return std::string(reinterpret_cast<const char*>(rows.data()), rows.size_bytes());
        };
        return bytes(std::span(tables.buckets)) + bytes(tables.rows.traffic) +
               bytes(tables.rows.begun) + bytes(tables.rows.server_states) +
               bytes(tables.rows.cursors);
    }
    // Leaves no trace on a packet that does not take it.
    void expect_whole_way(const Bytes& bytes) {
        const std::string before = traces();
        EXPECT_FALSE(go(bytes));
        EXPECT_TRUE(traces() == before);
    }
    // The short way does what the whole way does, from the same state.
    void expect_short_way(const Bytes& bytes) {
        world.now += 10;
        const State before(tables);
        const Bytes whole = go_whole_way(bytes);
        const std::string after = traces();
        before.restore(tables);
        EXPECT_EQ(go(bytes), whole);
        forget_told_hops();
        EXPECT_TRUE(traces() == after);
    }
    // Which only the short way tells.
    void forget_told_hops() {
        for (auto& bucket : tables.buckets)
            for (auto& connection : bucket.connection)
                if (abi::method_of(connection.status) == abi::Method::direct) connection.hop = 0;
    }
    // What the short way leaves undone, having begun it, the whole way ends as if alone.
    void expect_both_ways(const Bytes& bytes) {
        const State before(tables);
        const Bytes whole = go_whole_way(bytes);
        const std::string after = traces();
        before.restore(tables);
        EXPECT_FALSE(go(bytes));
        EXPECT_EQ(go_whole_way(bytes), whole);
        EXPECT_TRUE(traces() == after);
    }
    Bytes first_packet(uint16_t port = 40001) const {
        return packet({of_family(client), key.address}, port, key.port, SYN);
    }

    const model::ServiceKey key{0, GetParam().protocol, of_family(vip), 80};
    model::Server real;
    native::MemoryTables tables;
    native::World world{.now = 1000};
    director::Director director;
};

TEST_P(ShortWay, is_taken_in_mid_connection) {
    expect_short_way(request());
    if (GetParam().method == Method::nat) expect_short_way(reply());
}

TEST_P(ShortWay, is_not_for_what_ends_or_begins_a_connection_anew) {
    if (!is_tcp()) return;  // UDP has no such packets
    for (const uint8_t flags : {SYN, uint8_t(FIN | ACK), RST, uint8_t(RST | ACK), uint8_t{0}})
        expect_whole_way(request(flags));
}

TEST_P(ShortWay, is_taken_by_the_first_packet_of_a_connection) {
    expect_short_way(first_packet());
    expect_whole_way(packet({of_family(client), key.address}, 20, key.port, SYN));
}

TEST_P(ShortWay, is_taken_by_first_packets_whatever_the_scheduler) {
    uint16_t port = 40001;
    for (const char* scheduler : {"wlc", "lc", "sed", "nq", "wrr", "sh", "mh", "fo", "ovf"}) {
        model::Service service;
        service.key = key;
        service.scheduler = scheduler;
        if (GetParam().ipv6) service.netmask = 128;
        ASSERT_TRUE(director.apply(model::EditService{service})) << scheduler;
        world.now = 1000;  // the next hop is not to get old
        expect_short_way(first_packet(port++));
    }
}

TEST_P(ShortWay, is_begun_by_a_first_packet_that_cannot_be_sent_at_once) {
    for (auto& row : tables.rows.servers) row.flags ^= abi::server_flag::resets_idle;
    expect_both_ways(first_packet());
    for (auto& row : tables.rows.servers) row.flags ^= abi::server_flag::resets_idle;
    world.now += abi::ticks_of_seconds(5);  // the next hop is old
    expect_both_ways(first_packet(40002));
}

TEST_P(ShortWay, is_not_begun_by_what_may_be_an_answer) {
    if (GetParam().method != Method::nat || is_tcp()) return;  // a SYN is none
    model::Service service;
    service.key = {0, key.protocol, of_family(client), 40000};
    service.scheduler = "rr";
    if (GetParam().ipv6) service.netmask = 128;
    ASSERT_TRUE(director.apply(model::AddService{service}));
    model::Server another = real;
    another.key = {of_family(server(2)), 8000};
    ASSERT_TRUE(director.apply(model::AddServer{service.key, another}));
    expect_whole_way(reply());
}

TEST_P(ShortWay, is_not_for_first_packets_of_an_unusual_service) {
    for (const uint32_t flag : {abi::settings_flag::marks, abi::settings_flag::stateless,
                                abi::settings_flag::drop_packet, abi::settings_flag::secure_tcp}) {
        tables.rows.settings->flags ^= flag;
        expect_whole_way(first_packet());
        tables.rows.settings->flags ^= flag;
    }
    for (const uint8_t flag : {abi::plan_flag::persistent, abi::plan_flag::one_packet}) {
        for (auto& row : tables.rows.plans) row.flags ^= flag;
        expect_whole_way(first_packet());
        for (auto& row : tables.rows.plans) row.flags ^= flag;
    }
    EXPECT_TRUE(go(first_packet()));
}

TEST_P(ShortWay, is_not_for_an_unusual_packet) {
    expect_whole_way(request(ACK, 1));
    Ip ip{of_family(client), key.address};
    if (GetParam().ipv6)
        ip.extensions = {{60, Bytes(7, 0)}};
    else
        ip.options = Bytes(4, 1);
    expect_whole_way(packet(ip, 40000, key.port, ACK));
    expect_whole_way(
        packet({of_family(client), key.address}, 40000, key.port, ACK, std::string(1500, 'x')));
    Ip parted{of_family(client), key.address};
    parted.dont_fragment = false;
    const Bytes whole = packet(parted, 40000, key.port, ACK, std::string(600, 'x'));
    for (const Bytes& part : fragments(whole, 256)) expect_whole_way(part);
}

TEST_P(ShortWay, is_not_for_a_stranger) {
    if (!is_tcp()) return;  // a datagram begins a connection
    expect_whole_way(packet({of_family(client), key.address}, 40001, key.port, ACK));
}

TEST_P(ShortWay, is_not_for_a_connection_that_has_expired) {
    world.now += abi::ticks_of_seconds(10000);
    for (auto& row : tables.rows.servers) row.hop = abi::hop_ref(1, abi::coarse_second(world.now));
    expect_whole_way(request());
}

TEST_P(ShortWay, is_not_by_a_next_hop_that_is_old) {
    world.now += abi::ticks_of_seconds(5);
    expect_whole_way(request());
}

TEST_P(ShortWay, is_not_to_a_server_that_is_drained_or_removed) {
    const uint32_t flags[] = {abi::server_flag::removed, abi::server_flag::local,
                              abi::server_flag::draining, abi::server_flag::resets_idle};
    for (const uint32_t flag : flags) {
        for (auto& row : tables.rows.servers) row.flags ^= flag;
        expect_whole_way(request());
        for (auto& row : tables.rows.servers) row.flags ^= flag;
    }
    EXPECT_TRUE(go(request()));
}

// By direct routing a connection knows the way to its server for a while, and with it that there is
// nothing unusual about the server.
TEST_P(ShortWay, does_without_its_server_once_the_connection_knows_the_way) {
    const bool direct = GetParam().method == Method::direct;
    world.now += 1;
    EXPECT_TRUE(go(request()));
    for (auto& row : tables.rows.servers) row = {};
    EXPECT_EQ(go(request()).has_value(), direct);
    world.now += abi::ticks_of_seconds(3);
    EXPECT_FALSE(go(request()));
}

TEST_P(ShortWay, asks_for_the_server_while_something_about_it_changes) {
    world.now += 1;
    EXPECT_TRUE(go(request()));
    tables.rows.settings->now = world.now;
    ASSERT_TRUE(director.apply(model::RemoveServer{key, real.key}));
    expect_whole_way(request());
    ASSERT_TRUE(director.apply(model::AddServer{key, real}));
    EXPECT_TRUE(go(request()));
    for (auto& row : tables.rows.servers) row.flags = abi::server_flag::resets_idle;
    expect_whole_way(request());
}

TEST_P(ShortWay, is_not_while_a_timeout_has_changed_or_packets_are_counted) {
    const auto timeouts = tables.rows.timeouts[0];
    for (auto& timeout : tables.rows.timeouts[0].timeout) timeout += 60;
    world.now += 1;  // of a tick's packets only the first asks
    expect_whole_way(request());
    tables.rows.timeouts[0] = timeouts;
    tables.rows.settings->flags |= abi::settings_flag::count_packets;
    expect_whole_way(request());
}

// Of an error alone a connection is over after three seconds (schedule_icmp); a datagram in the
// same tick makes it last.
TEST_P(ShortWay, is_not_for_the_first_datagram_of_a_connection_that_an_error_opened) {
    if (is_tcp()) return;
    tables.rows.settings->flags |= abi::settings_flag::schedule_icmp;
    const Ip from{of_family(client), key.address}, answer{key.address, of_family(client)};
    const Icmp unreachable = GetParam().ipv6 ? Icmp{1, 4} : Icmp{3, 3};
    const Bytes error = frame(from, unreachable, frame(answer, Udp{key.port, 40001}, "data"));
    EXPECT_EQ(send<Lane::complete>(error).first, Verdict::transmit);
    const Bytes datagram = frame(from, Udp{40001, key.port}, "data");
    expect_whole_way(datagram);
    go_whole_way(datagram);
    EXPECT_TRUE(go(datagram));
}

std::string name_of(const testing::TestParamInfo<Farm>& info) {
    const auto& [method, ipv6, protocol] = info.param;
    const std::string way = method == Method::nat      ? "NAT"
                            : method == Method::tunnel ? "tunnel"
                                                       : "direct";
    return way + (protocol == model::Protocol::tcp ? "_TCP" : "_UDP") + (ipv6 ? "_IPv6" : "_IPv4");
}

std::vector<Farm> farms() {
    std::vector<Farm> made;
    for (const Method method : {Method::nat, Method::direct, Method::tunnel})
        for (const bool ipv6 : {false, true})
            for (const auto protocol : {model::Protocol::tcp, model::Protocol::udp})
                made.push_back({method, ipv6, protocol});
    return made;
}

INSTANTIATE_TEST_SUITE_P(Farms, ShortWay, testing::ValuesIn(farms()), name_of);

}  // namespace
}  // namespace turnout::test
