// What a packet costs, in nanoseconds of BPF_PROG_TEST_RUN: a line a row of a table, with the
// samples.
//
//   bench_cost methods                 each method, lane and family, with 1000 connections
//   bench_cost connections N           with N connections, all equally likely
//   bench_cost services                with one service of 3 servers, and with up to 10,000 of 10
//   bench_cost cores                   on one CPU alone, and on two at once
//   bench_cost schedulers NAME…        new connections, with 3, 16, 200 and 1000 servers
//   bench_cost check                   of the methods, too few to tell more than that they work
//
// Rounds are interleaved: what else the machine does meets all rows alike.  Everything runs under
// the wrapper that writes frames, the references too.
#include <sched.h>

#include <cmath>
#include <functional>
#include <span>
#include <thread>

#include "farms.hpp"
#include "tables/convert.hpp"

namespace {

using namespace turnout;
using namespace turnout::bench;
using model::Method;
using test::World;

struct Row {
    std::string name;
    std::function<double()> sample;
    std::vector<double> samples = {};
};

void measure(std::vector<Row>& rows, int rounds) {
    for (int round = 0; round < rounds; ++round)
        for (Row& row : rows) row.samples.push_back(row.sample());
    for (const Row& row : rows) {
        std::printf("%s\t", row.name.c_str());
        for (const double sample : row.samples) std::printf(" %.2f", sample);
        std::printf("\n");
    }
    std::fflush(stdout);
}

class Bench {
  public:
    explicit Bench(const test::Room& room)
        : fast_(made(false, room)),
          complete_(made(true, small(room))),
          wrapper_(*fast_),
          second_(*fast_) {
        fast_->fresh();
        complete_->fresh();
    }

    World& world(const Farm& farm) { return farm.lane == Lane::xdp ? *fast_ : *complete_; }

    void add(const Farm& farm) { build(director(farm), farm); }

    // Makes `flows` connections.
    void establish(const Farm& farm, uint32_t flows) { establish(std::span(&farm, 1), flows); }
    // The farms' parts take turns: whose connections came first would have the first places in the
    // buckets of a table that gets full.  A next hop outlasts a part.
    void establish(std::span<const Farm> farms, uint32_t flows) {
        const uint32_t part = farms.size() == 1 ? 100000 : 1000;
        const size_t before = records(farms.front());
        for (const uint8_t flags : {test::SYN, test::ACK})
            for (uint32_t first = 0; first < flows; first += part)
                for (const Farm& farm : farms)
                    send(farm, flows, first, std::min(part, flows - first), flags);
        if (records(farms.front()) < before + farms.size() * flows)
            give_up("the table has no room for all connections");
    }
    double established(const Farm& farm, uint32_t flows, uint32_t repeats) {
        keep_hops(farm);
        if (farm.replies) world(farm).warm();
        return wrapper_.measure(farm.lane, world(farm).program(),
                                traffic_of(farm, flows, Order::at_random, test::ACK, farm.replies),
                                repeats);
    }
    double begun(const Farm& farm, uint32_t flows) {
        forget(world(farm));
        keep_hops(farm);
        return wrapper_.measure(
            farm.lane, world(farm).program(),
            traffic_of(farm, flows, Order::one_after_the_other, test::SYN, false), flows - 2);
    }
    // On so many CPUs at once, each with half of the flows: what a packet takes on the first.
    double at_once(const Farm& farm, int cpus, bool known, uint32_t flows, uint32_t repeats) {
        forget(world(farm));
        if (known) establish(farm, flows);
        keep_hops(farm);
        std::vector<double> times(static_cast<size_t>(cpus));
        std::vector<std::thread> threads;
        for (int cpu = 0; cpu < cpus; ++cpu)
            threads.emplace_back([&, cpu] {
                stay_on(cpu);
                Traffic traffic =
                    traffic_of(farm, flows, known ? Order::at_random : Order::one_after_the_other,
                               known ? test::ACK : test::SYN, false);
                traffic.chance += static_cast<uint64_t>(cpu);
                traffic.next = flows / 2 * static_cast<uint32_t>(cpu);
                times[static_cast<size_t>(cpu)] =
                    (cpu ? second_ : wrapper_)
                        .measure(farm.lane, world(farm).program(), traffic,
                                 known ? repeats : flows / 2 - 4);
            });
        for (std::thread& thread : threads) thread.join();
        return times[0];
    }
    // One of the wrapper's own programs, on the farm's traffic.
    double reference(const char* program, const Farm& farm, uint32_t flows, uint32_t repeats) {
        return wrapper_.measure(Lane::xdp, wrapper_.program(program),
                                traffic_of(farm, flows, Order::at_random, test::ACK, false),
                                4 * repeats);  // they are quick
    }

  private:
    static void stay_on(int cpu) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        sched_setaffinity(0, sizeof set, &set);
    }
    static std::unique_ptr<World> made(bool complete, const test::Room& room) {
        auto world = test::kernel_world(complete, room);
        if (!world) give_up(world.error().message.c_str());
        // Time passes, as on a running director: a packet in a new tick does more.
        if (auto ok = (*world)->start_sweeper(); !ok) give_up(ok.error().message.c_str());
        return std::move(*world);
    }
    // `count` of the flows, from this one on.
    void send(const Farm& farm, uint32_t flows, uint32_t first, uint32_t count, uint8_t flags) {
        Traffic traffic = traffic_of(farm, flows, Order::one_after_the_other, flags, false);
        traffic.next = first;
        keep_hops(farm);
        wrapper_.send(farm.lane, world(farm).program(), traffic, count);
    }
    size_t records(const Farm& farm) {
        size_t live = 0;
        for (auto& bucket : world(farm).rows().buckets)
            live += live_lines(load_once(state_of(bucket)));
        return live;
    }
    // The complete lane is measured with few connections only.
    static test::Room small(test::Room room) {
        room.connection_bits = std::min(room.connection_bits, 14u);
        return room;
    }
    director::Director& director(const Farm& farm) {
        auto& made = farm.lane == Lane::xdp ? fast_director_ : complete_director_;
        if (!made) made = &world(farm).fresh();
        return *made;
    }
    // What world.warm() does, without a walk through all connections; and time, until it passes.
    void keep_hops(const Farm& farm) {
        const abi::Tick now = world(farm).rows().settings->now = abi::tick_of_ns(monotonic_ns());
        if (farm.lane == Lane::tc) return;
        if (!hops_are_known_) fast_->warm();
        hops_are_known_ = true;
        const auto second = abi::coarse_second(now);
        for (auto& server : fast_->rows().servers) server.hop = abi::hop_ref(1, second);
    }
    static void forget(World& world) {
        for (auto& bucket : world.rows().buckets) bucket = {};
        for (auto& state : world.rows().server_states) state.load = 0;
    }

    std::unique_ptr<World> fast_, complete_;
    director::Director *fast_director_ = nullptr, *complete_director_ = nullptr;
    Wrapper wrapper_, second_;
    bool hops_are_known_ = false;
};

void add_references(std::vector<Row>& rows, Bench& bench, const Farm& farm, uint32_t flows,
                    uint32_t repeats) {
    for (const char* name : {"nothing", "floor", "ipip"})
        rows.push_back({name, [=, &bench, program = "cost_" + std::string(name)] {
                            return bench.reference(program.c_str(), farm, flows, repeats);
                        }});
}

void add_established(std::vector<Row>& rows, Bench& bench, const Farm& farm, uint32_t flows,
                     uint32_t repeats) {
    rows.push_back({farm.name, [=, &bench] { return bench.established(farm, flows, repeats); }});
}

std::vector<Farm> farms_of_methods() {
    using model::Family;
    std::vector<Farm> farms;
    uint16_t port = 81;
    const auto add = [&](Farm farm) {
        farm.name = (farm.lane == Lane::xdp ? "xdp " : "tc ") + farm.name +
                    (farm.family == Family::ipv6 ? ", IPv6" : ", IPv4");
        farm.port = port++;
        farms.push_back(farm);
    };
    for (const Lane lane : {Lane::xdp, Lane::tc})
        for (const Family family : {Family::ipv4, Family::ipv6}) {
            add({"DR", lane, family});
            add({.name = "DR, UDP",
                 .lane = lane,
                 .family = family,
                 .protocol = model::Protocol::udp});
            add({"NAT, request", lane, family, Method::nat});
            add({.name = "NAT, reply",
                 .lane = lane,
                 .family = family,
                 .method = Method::nat,
                 .replies = true,
                 .servers = 1});
            if (lane == Lane::tc) continue;  // what it puts in front would have to be taken off
            add({"TUN, IPIP", lane, family, Method::tunnel});
            add({"TUN, GUE", lane, family, Method::tunnel, model::TunnelType::gue});
        }
    return farms;
}

void measure_methods(uint32_t flows, uint32_t repeats, int rounds) {
    Bench bench({.connection_bits = 15});
    std::vector<Row> rows;
    const auto farms = farms_of_methods();
    add_references(rows, bench, farms.front(), flows, repeats);
    for (const Farm& farm : farms) {
        bench.add(farm);
        bench.establish(farm, flows);
        add_established(rows, bench, farm, flows, repeats);
    }
    measure(rows, rounds);
}

// A table made for as many.
void measure_connections(uint32_t flows) {
    const uint32_t repeats = 100000;
    Bench bench({.connection_bits = static_cast<uint32_t>(std::ceil(std::log2(flows)))});
    const Farm farm{.name = "DR", .port = 81};
    bench.add(farm);
    bench.establish(farm, flows);
    std::vector<Row> rows;
    add_references(rows, bench, farm, flows, repeats);
    rows.push_back({"touch", [&] { return bench.reference("cost_touch", farm, flows, repeats); }});
    add_established(rows, bench, farm, flows, repeats);
    measure(rows, 21);
}

// Each on an address of its own, with as many connections.
std::vector<Farm> farms_of_services() {
    std::vector<Farm> farms{{.name = "1 × 3", .port = 81}};
    uint8_t host = 2;
    for (const uint32_t services : {10u, 100u, 1000u, 10000u})
        farms.push_back({.name = std::to_string(services) + " × 10",
                         .servers = 10,
                         .services = services,
                         .port = 1,
                         .address = model::Address::ipv4(198, 51, 100, host++)});
    return farms;
}

void measure_services() {
    constexpr uint32_t repeats = 100000;
    Bench bench({.services = 16384, .servers = 131072, .connection_bits = 19});
    const auto farms = farms_of_services();
    for (const Farm& farm : farms) bench.add(farm);
    bench.establish(farms, 100000);
    for (const uint32_t flows : {1000u, 100000u}) {
        std::vector<Row> rows;
        for (Farm farm : farms) {
            farm.name += ", " + std::to_string(flows) + " connections";
            add_established(rows, bench, farm, flows, repeats);
        }
        measure(rows, 21);
    }
}

// A packet's cost on one CPU alone, and on two at once.
void measure_cores() {
    constexpr uint32_t flows = 16384, repeats = 100000;
    Bench bench({.services = 64, .servers = 4096, .rings = 64, .connection_bits = 17});
    std::vector<Row> rows;
    uint16_t port = 81;
    for (const char* scheduler : {"established", "rr", "wrr", "wlc", "mh"}) {
        const std::string name = scheduler;
        const bool known = name == "established";
        const Farm farm{
            .name = name, .servers = 16, .scheduler = known ? "rr" : name, .port = port++};
        bench.add(farm);
        for (const int cpus : {1, 2})
            rows.push_back(
                {(known ? "" : "new, ") + name + " " + std::to_string(cpus),
                 [=, &bench] { return bench.at_once(farm, cpus, known, flows, repeats); }});
    }
    measure(rows, 15);
}

void measure_schedulers(std::span<char*> wanted) {
    constexpr uint32_t flows = 16384, repeats = 50000;
    Bench bench({.services = 128, .servers = 32768, .rings = 128, .connection_bits = 16});
    uint16_t port = 81;
    const Farm known{.name = "established", .port = port++};
    bench.add(known);
    std::vector<Row> rows;
    add_references(rows, bench, known, flows, repeats);
    rows.push_back({"established", [=, &bench] {
                        bench.establish(known, flows);
                        return bench.established(known, flows, repeats);
                    }});
    for (const std::string& name : tables::scheduler_names()) {
        if (name == "none" ||
            (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()))
            continue;
        for (const uint32_t servers : {3u, 16u, 200u, 1000u}) {
            const Farm farm{.name = name + " " + std::to_string(servers),
                            .servers = servers,
                            .scheduler = name,
                            .port = port++};
            bench.add(farm);
            rows.push_back({farm.name, [=, &bench] { return bench.begun(farm, flows); }});
        }
    }
    measure(rows, 11);
}

}  // namespace

int main(int count, char** arguments) {
    const std::string what = count > 1 ? arguments[1] : "";
    const std::span<char*> rest(arguments + std::min(count, 2), arguments + count);
    if (what == "methods")
        measure_methods(1000, 100000, 21);
    else if (what == "check")
        measure_methods(100, 1000, 1);
    else if (what == "connections" && rest.size() == 1)
        measure_connections(static_cast<uint32_t>(std::atoi(rest[0])));
    else if (what == "services")
        measure_services();
    else if (what == "cores")
        measure_cores();
    else if (what == "schedulers")
        measure_schedulers(rest);
    else
        give_up("methods, connections N, services, cores, schedulers NAME… or check");
}
