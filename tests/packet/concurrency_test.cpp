// Two CPUs at once: the loaded programs run on both, over the same connections, and no count is
// lost or doubled.
//
// What must agree is what the table holds and what the servers' states say of it; when both CPUs
// have stopped it agrees exactly, however they met.
#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "packet/world.hpp"
#include "table/table.hpp"

namespace turnout::test {
namespace {

using model::Protocol;

constexpr uint16_t server_port = 8080;

// What the records of the table say.
struct Tally {
    std::map<uint32_t, uint64_t> load;       // by server row
    std::map<uint32_t, uint32_t> templates;  // by server row
    std::map<uint32_t, uint32_t> made;       // by server row: connections, ended ones as well
    std::map<Location, uint32_t> children;   // that connections claim to be, by template
    std::map<Location, uint32_t> counted;    // that templates say they have
    uint32_t records = 0;

    explicit Tally(const tables::Rows& rows) {
        for (uint32_t index = 0; index < rows.buckets.size(); ++index)
            for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line)
                if (state_of(rows.buckets[index]) & 1u << line)
                    add(rows.buckets[index].connection[line - 1], index * 16 + line);
    }

  private:
    void add(const abi::Connection& record, Location location) {
        const bool dead = record.status & abi::status::dead;
        const bool connection = record.tuple.kind == abi::TupleKind::connection;
        // A line that was given up before its connection was made is dead without a state.
        if (connection && (!dead || record.status & abi::status::state_mask)) ++made[record.server];
        if (dead) return;
        ++records;
        if (connection) {
            const bool active = record.status & abi::status::active;
            load[record.server] += active ? abi::load::active_one : abi::load::inactive_one;
            if (record.link) ++children[record.link];
        } else if (record.tuple.kind == abi::TupleKind::persistence) {
            ++templates[record.server];
            if (record.children) counted[location] = record.children;
        }
    }
};

// The farm, and what is known of it before the traffic.
class Farm {
  public:
    explicit Farm(World& world) : director_(world.fresh()), rows_(world.rows()) {}

    void add(Protocol protocol, uint16_t port, const char* scheduler, uint32_t flags,
             std::initializer_list<uint8_t> numbers, uint32_t threshold = 0) {
        model::Service service;
        service.key = {0, protocol, vip, port};
        service.scheduler = scheduler;
        service.flags = flags;
        service.persistence_timeout_s = 5;
        ASSERT_TRUE(director_.apply(model::AddService{service}));
        for (const uint8_t number : numbers) {
            model::Server made;
            made.key = {server(number), server_port};
            made.upper_threshold = threshold;
            ASSERT_TRUE(director_.apply(model::AddServer{service.key, made}));
        }
        before_ = counters();
    }
    // Everything ends soon: what SetTimeouts has no word for is written as it is.
    void hurry() {
        for (abi::Tick& timeout : rows_.timeouts[abi::common_timeouts].timeout)
            timeout = abi::ticks_of_seconds(1);
        ASSERT_TRUE(director_.apply(model::SetTimeouts{{1, 1, 1}}));
    }

    void expect_agreement(const std::string& where) const {
        const Tally tally(rows_);
        const auto now = counters();
        for (uint32_t id = 0; id < rows_.servers.size(); ++id) {
            const abi::ServerState& state = rows_.server_states[id];
            const std::string what = where + ", server row " + std::to_string(id);
            EXPECT_EQ(state.load, of(tally.load, id)) << what;
            EXPECT_EQ(state.persistent, of(tally.templates, id)) << what;
            if (protocol_of(id) != Protocol::tcp) continue;  // one-packet: in no table
            EXPECT_EQ(now[id] - before_[id], of(tally.made, id)) << what;
        }
        EXPECT_EQ(tally.counted, tally.children) << where;
    }
    // True when no record is left and no server has a count.
    bool is_at_rest() const {
        const auto idle = [](const abi::ServerState& state) {
            return state.load == 0 && state.persistent == 0;
        };
        return Tally(rows_).records == 0 && std::ranges::all_of(rows_.server_states, idle);
    }
    std::string what_is_left() const {
        const Tally tally(rows_);
        std::string left = std::to_string(tally.records) + " records";
        for (uint32_t id = 0; id < rows_.servers.size(); ++id) {
            const abi::ServerState& state = rows_.server_states[id];
            if (state.load || state.persistent)
                left += "; server row " + std::to_string(id) + ": " +
                        std::to_string(abi::load::active(state.load)) + " active, " +
                        std::to_string(abi::load::inactive(state.load)) + " inactive, " +
                        std::to_string(state.persistent) + " templates";
        }
        for (const auto& [location, children] : tally.counted)
            left += "; template " + std::to_string(location) + " counts " +
                    std::to_string(children) + ", has " +
                    std::to_string(of(tally.children, location));
        return left;
    }
    // How many connections the servers of a protocol's services have been given.
    uint64_t connections(Protocol protocol) const {
        const auto now = counters();
        uint64_t sum = 0;
        for (uint32_t id = 0; id < now.size(); ++id)
            if (protocol_of(id) == protocol) sum += now[id] - before_[id];
        return sum;
    }

  private:
    template <class Map>
    static typename Map::mapped_type of(const Map& map, uint32_t id) {
        const auto at = map.find(id);
        return at == map.end() ? 0 : at->second;
    }
    // Connections of each server, by row, since the tables were made.
    std::vector<uint64_t> counters() const {
        std::vector<uint64_t> sums(rows_.servers.size());
        for (size_t row = 0; row < rows_.begun.size(); ++row)
            sums[row % sums.size()] += rows_.begun[row].connections;
        return sums;
    }
    Protocol protocol_of(uint32_t id) const {
        return static_cast<Protocol>(rows_.server_records[id].service.protocol);
    }

    director::Director& director_;
    tables::Rows& rows_;
    std::vector<uint64_t> before_;
};

// Traffic

// TCP connections to some ports of the service address.  Their packets come in any order, again and
// again: the next pass goes on where this one ends.
using Ports = std::vector<uint16_t>;

constexpr uint16_t flows_of_a_pass = 30;

template <class Visit>
void for_each_flow(const Ports& ports, const Visit& visit) {
    for (uint16_t number = 0; number < flows_of_a_pass; ++number) {
        visit(model::Address::ipv4(203, 0, 113, static_cast<uint8_t>(number % 4 + 1)),
              static_cast<uint16_t>(30000 + number), ports[number % ports.size()]);
    }
}

// The same on both CPUs: each SYN comes twice at once.
std::vector<Bytes> openings(const Ports& ports) {
    std::vector<Bytes> frames;
    for_each_flow(ports, [&](const auto& from, uint16_t port, uint16_t to) {
        frames.push_back(frame(Ip{from, vip}, Tcp{port, to, SYN}));
        frames.push_back(frame(Ip{from, vip}, Udp{port, 53}));
    });
    return frames;
}

// What a CPU sends of its own choice afterwards, in the same order as the other.
std::vector<Bytes> what_follows(const Ports& ports, uint64_t seed) {
    constexpr uint8_t flags[] = {ACK, FIN | ACK, RST, SYN};
    std::mt19937_64 random(seed);
    std::vector<Bytes> frames;
    for_each_flow(ports, [&](const auto& from, uint16_t port, uint16_t to) {
        for (int i = 0; i < 3; ++i) {
            const uint8_t flag = flags[random() % 4];
            const auto answering = server(static_cast<uint8_t>(random() % 4 + 1));
            const uint8_t answer = random() % 2 ? SYN | ACK : ACK;
            frames.push_back(frame(Ip{from, vip}, Tcp{port, to, flag}));
            frames.push_back(frame(Ip{answering, from}, Tcp{server_port, port, answer}));
        }
    });
    return frames;
}

// CPUs

std::vector<int> two_cpus() {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    std::vector<int> cpus;
    for (int cpu = 0; cpu < CPU_SETSIZE && cpus.size() < 2; ++cpu)
        if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
    return cpus;
}

void pin_to(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) std::abort();
}

// Both CPUs go through the passes together, first all openings, then the rest.
void run_on_two_cpus(World& world, const Ports& ports, uint32_t first_pass, uint32_t passes) {
    std::barrier together(2, [&world]() noexcept { world.warm(); });
    const auto send = [&](const std::vector<Bytes>& frames) {
        together.arrive_and_wait();
        for (const Bytes& frame : frames) (void)world.run(frame);
    };
    const auto work = [&](int cpu) {
        pin_to(cpu);
        for (uint32_t pass = first_pass; pass < first_pass + passes; ++pass) {
            send(openings(ports));
            send(what_follows(ports, pass * 1000 + static_cast<uint32_t>(cpu)));
        }
    };
    const std::vector<int> cpus = two_cpus();
    std::thread first(work, cpus[0]), second(work, cpus[1]);
    first.join();
    second.join();
}

class Concurrency : public testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        if (two_cpus().size() < 2) GTEST_SKIP() << "one CPU does nothing at once";
        auto made = kernel_world(GetParam());
        ASSERT_TRUE(made) << made.error().message;
        world = std::move(*made);
    }
    std::unique_ptr<World> world;
};

TEST_P(Concurrency, counts_agree_with_the_table_when_both_cpus_have_stopped) {
    using namespace model::service_flag;
    for (uint32_t round = 0; round < 40; ++round) {
        Farm farm(*world);
        farm.add(Protocol::tcp, 80, "rr", persistent, {1, 2});
        farm.add(Protocol::tcp, 81, "lc", 0, {3, 4}, 8);
        farm.add(Protocol::tcp, 82, "wlc", 0, {1, 2, 3});
        farm.add(Protocol::tcp, 83, "wlc", persistent, {3, 4}, 5);
        farm.add(Protocol::udp, 53, "rr", one_packet, {1, 2});
        run_on_two_cpus(*world, {80, 83, 81, 82}, round * 4, 4);
        farm.expect_agreement(world->name() + ", round " + std::to_string(round));
        EXPECT_GT(farm.connections(Protocol::tcp), 30u);
        EXPECT_EQ(farm.connections(Protocol::udp), 2u * 4 * flows_of_a_pass);
        if (HasFailure()) return;
    }
}

// An ended connection makes way for a SYN on one CPU while the other still has packets for it.
TEST_P(Concurrency, ended_connections_make_way_on_both_cpus_at_once) {
    for (uint32_t round = 0; round < 40; ++round) {
        Farm farm(*world);
        farm.add(Protocol::tcp, 81, "lc", 0, {3, 4}, 8);
        farm.add(Protocol::tcp, 82, "wlc", 0, {1, 2, 3});
        run_on_two_cpus(*world, {81, 82}, round * 4, 4);
        farm.expect_agreement(world->name() + ", round " + std::to_string(round));
        if (HasFailure()) return;
    }
}

// Between bursts connections expire, so that each burst opens them anew while others are swept.
TEST_P(Concurrency, counts_return_to_nothing_under_the_sweeper) {
    using namespace model::service_flag;
    Farm farm(*world);
    farm.add(Protocol::tcp, 80, "rr", persistent, {1, 2});
    farm.add(Protocol::tcp, 81, "lc", 0, {2, 3, 4}, 8);
    farm.hurry();
    world->rows().settings->now = 0;
    ASSERT_TRUE(world->start_sweeper());
    EXPECT_NE(world->rows().settings->now, 0u) << "packets come before the first tick";
    for (uint32_t burst = 0; burst < 4; ++burst) {
        run_on_two_cpus(*world, {80, 81}, burst * 15, 15);
        std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    }
    EXPECT_GT(farm.connections(Protocol::tcp), 100u);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(3);
    while (!farm.is_at_rest() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_TRUE(farm.is_at_rest()) << farm.what_is_left();
}

INSTANTIATE_TEST_SUITE_P(Lanes, Concurrency, testing::Bool(),
                         [](const auto& one) { return one.param ? "tc" : "xdp"; });

}  // namespace
}  // namespace turnout::test
