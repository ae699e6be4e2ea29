// Counts come back to nothing: after random traffic and random changes, when everything has ended,
// no server has a connection or a template left and no line of the table is taken.
//
// The traffic comes of a seed, which is printed; TURNOUT_SEED=N repeats one, or tries another.
#include <gtest/gtest.h>

#include <random>

#include "director/director.hpp"
#include "native/run.hpp"
#include "native/testing.hpp"
#include "tables/convert.hpp"

namespace turnout::native {
namespace {

using model::Protocol;

// Services of every kind, which share their servers, under traffic and changes.
class Counts : public testing::Test {
  protected:
    Counts() {
        world.now = abi::tick_of_ns(now_ns);
        world.random = [this] { return static_cast<uint32_t>(random()); };
        add_services();
    }

    uint32_t below(uint32_t bound) { return static_cast<uint32_t>(random() % bound); }

    void add_service(Protocol protocol, uint32_t at, uint16_t port, const char* scheduler,
                     uint32_t flags = 0) {
        model::Service made;
        made.key = {0, protocol, address(at), port};
        made.scheduler = scheduler;
        made.flags = flags;
        made.persistence_timeout_s = 100;
        if (port == 0) made.netmask = 0xfffffffc;
        ASSERT_TRUE(director.apply(model::AddService{made}));
        services.push_back(made.key);
        for (uint32_t number = 0; number < servers; ++number)
            ASSERT_TRUE(director.apply(model::AddServer{made.key, server(number, port)}));
    }
    void add_services() {
        using namespace model::service_flag;
        add_service(Protocol::tcp, vip, 80, "rr", persistent);
        add_service(Protocol::tcp, vip, 81, "wlc");
        add_service(Protocol::udp, vip, 53, "lc");
        add_service(Protocol::udp, vip, 54, "sed", one_packet);
        add_service(Protocol::udp, vip, 55, "nq", persistent | one_packet);
        add_service(Protocol::tcp, vip, 21, "wrr", persistent);
        add_service(Protocol::tcp, vip + 1, 0, "twos", persistent);
        add_service(Protocol::tcp, vip + 2, 80, "lblc");
        add_service(Protocol::tcp, vip + 2, 81, "lblcr");
    }

    // Half of them are NAT servers on a port that all services use; some have thresholds.
    model::Server server(uint32_t number, uint16_t port) {
        model::Server made;
        const bool nat = number % 2 == 0;
        made.key = {address(server_addresses + number), nat ? uint16_t{8080} : port};
        made.method = nat ? model::Method::nat : model::Method::direct;
        made.weight = static_cast<int>(below(4));
        if (below(3) == 0) made.upper_threshold = 1 + below(6);
        if (made.upper_threshold && below(2)) made.lower_threshold = 1;
        return made;
    }

    // To the fast lane, and to the complete one if that passes it on.
    void send(const Ends& ends, Protocol protocol, uint8_t flags) {
        const auto frame = frame_of(ends, protocol, flags);
        NativeEnv<Lane::fast> fast(tables, world, frame);
        if (run(fast) != Verdict::pass) return;
        NativeEnv<Lane::complete> complete(tables, world, frame);
        (void)run(complete);
    }
    void send_something() {
        constexpr uint8_t flags[] = {tcp_flag::syn, tcp_flag::syn, tcp_flag::ack,
                                     tcp_flag::fin, tcp_flag::rst, 0};
        const model::ServiceKey& service = services[below(static_cast<uint32_t>(services.size()))];
        const auto client_port = static_cast<uint16_t>(1024 + below(3));
        const uint32_t client = clients + below(10);
        const uint32_t to = to_host(turnout::tables::to_row(service.address).word[0]);
        const bool elsewhere = service.port == 0 || (service.port == 21 && below(2));
        const auto port = elsewhere ? static_cast<uint16_t>(2000 + below(3)) : service.port;
        const Protocol protocol = service.protocol;
        const uint8_t flag = flags[below(std::size(flags))];
        if (below(3)) return send({client, to, client_port, port}, protocol, flag);
        // A NAT server answers, perhaps nobody's question.
        const uint32_t from = server_addresses + below(servers) / 2 * 2;
        const auto from_port = elsewhere ? port : uint16_t{8080};
        send({from, client, from_port, client_port}, protocol, flag | tcp_flag::ack);
    }
    void change_something() {
        const model::ServiceKey& service = services[below(static_cast<uint32_t>(services.size()))];
        const model::Server changed = server(below(servers), service.port);
        if (below(2)) {
            (void)director.apply(model::EditServer{service, changed});
        } else if (!director.apply(model::RemoveServer{service, changed.key})) {
            (void)director.apply(model::AddServer{service, changed});
        }
    }
    // What anybody may list, anybody may end.
    void end_something() {
        model::ConnectionFilter filter;
        const auto word = [&](const char* name, const std::string& value) {
            if (below(2)) (void)filter.add(name, value);
        };
        word("client", address(clients + below(10)).to_string());
        word("server", address(server_addresses + below(servers)).to_string());
        word("service", name_of(services[below(static_cast<uint32_t>(services.size()))]));
        word("kind", below(2) ? "template" : "connection");
        for (uint32_t part = 0; const auto of_part = director.end_connections(part, filter); ++part)
            ended += *of_part;
    }
    void pass(uint32_t seconds) {
        now_ns += seconds * 1000000000ull;
        world.now = abi::tick_of_ns(now_ns);
    }

    uint32_t lines_taken() const {
        uint32_t lines = 0;
        for (const abi::Bucket& bucket : tables.rows.buckets) {
            lines += (bucket.header.word[0] & ~abi::bucket_state::version_mask) != 0;
            for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line)
                lines += bucket.header.word[line] != 0;
        }
        return lines;
    }
    // Every record's time passes, those that others hold last.
    void let_everything_end() {
        constexpr uint32_t longer_than_anything_s = 90000;
        for (int time = 0; time < 6; ++time) {
            pass(longer_than_anything_s);
            sweep_all(tables, world);
        }
    }
    void expect_nothing_left() const {
        EXPECT_EQ(lines_taken(), 0u);
        for (size_t id = 0; id < tables.rows.server_states.size(); ++id) {
            const abi::ServerState& state = tables.rows.server_states[id];
            EXPECT_EQ(state.load, 0u) << "server row " << id;
            EXPECT_EQ(state.persistent, 0u) << "server row " << id;
            EXPECT_EQ(state.overloaded, 0u) << "server row " << id;
        }
    }

    static constexpr uint32_t servers = 6;
    std::mt19937_64 random{chosen_seed()};
    uint64_t now_ns = 1000000000000;
    MemoryTables tables{{.connection_bits = 8}};
    World world{};
    director::Director director{tables.rows, model::Limits{64, 256, 256},
                                [](const model::Address& to) { return std::optional(to); },
                                [this] { return now_ns; }};
    std::vector<model::ServiceKey> services;
    uint32_t ended = 0;
};

// The small table overflows into second buckets now and then, and is full at times.
TEST_F(Counts, return_to_nothing_after_random_traffic_and_changes) {
    uint32_t most = 0;
    for (int round = 0; round < 12; ++round) {
        for (int step = 0; step < 4000; ++step) {
            send_something();
            if (below(50) == 0) change_something();
            if (below(100) == 0) end_something();
            if (below(100) == 0) pass(below(90));
            if (below(40) == 0) sweep_all(tables, world);
            if (below(500) == 0) director.tick();
            if (step % 100 == 0) most = std::max(most, lines_taken());
        }
        let_everything_end();
        expect_nothing_left();
    }
    EXPECT_GT(most, 100u) << "there was hardly any traffic";
    EXPECT_GT(ended, 100u) << "hardly any connection was ended by hand";
}

// A connection that a SYN replaced is swept; its reply record, if it is visited after that, must be
// seen to lead nowhere.
TEST_F(Counts, a_late_reply_finds_no_line_that_was_cleared) {
    constexpr auto tcp = Protocol::tcp;
    for (uint32_t i = 0; i < 60; ++i) {
        const Ends request{clients + i, vip, 1024, 81};
        for (const uint8_t flags : {tcp_flag::syn, tcp_flag::ack, tcp_flag::rst, tcp_flag::syn})
            send(request, tcp, flags);
    }
    pass(1);
    sweep_all(tables, world);  // clears what was replaced
    for (uint32_t i = 0; i < 60; ++i)
        for (uint32_t number = 0; number < servers; number += 2)
            send({server_addresses + number, clients + i, 8080, 1024}, tcp,
                 tcp_flag::syn | tcp_flag::ack);
    let_everything_end();
    expect_nothing_left();
}

// Nothing is left of a one-packet connection from the moment its packet has gone, but the rest of
// those that one lane left to the other.
TEST_F(Counts, one_packet_connections_leave_nothing) {
    for (uint32_t i = 0; i < 100; ++i) send({clients + i, vip, 1024, 54}, Protocol::udp, 0);
    pass(1);
    sweep_all(tables, world);
    expect_nothing_left();
    model::Counters sum;
    for (const auto& report : director.services()) sum += report.counters;
    EXPECT_EQ(sum.connections, 100u);
    EXPECT_EQ(sum.in_packets, 100u);
}

}  // namespace
}  // namespace turnout::native
