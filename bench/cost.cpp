// What an established packet costs in the fast lane, next to a floor program in the same run.
//
// Rounds are interleaved (floor, direct, NAT, tunnel, floor, …), medians of rounds; ratios are
// taken within a round.  The measured programs run under a wrapper that restores the frame; what it
// costs is told by the floor, which runs with it and without, and is taken off.
#include "packet/world.hpp"
#include "wrapper.hpp"

namespace {

using namespace turnout;
using namespace turnout::test;

constexpr uint32_t repeats = 1000000;
constexpr int rounds = 15;

struct Row {
    const char* name;
    model::Method method;
    uint16_t port;
    std::vector<double> times, ratios;
};

Bytes packet(uint16_t port, uint8_t flags) {
    return frame(Ip{client, vip}, Tcp{40000, port, flags}, "0123456789");
}

void configure(director::Director& director, const Row& row) {
    model::Service service;
    service.key = {0, model::Protocol::tcp, vip, row.port};
    model::Server real;
    real.key = {server(1), row.port};
    real.method = row.method;
    if (!director.apply(model::AddService{service}) ||
        !director.apply(model::AddServer{service.key, real}))
        give_up("cannot configure the services");
}

void print(const char* name, const std::vector<double>& times, const std::vector<double>& ratios) {
    const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
    std::printf("%-16s %8.1f ns %8.2f x  [%.2f .. %.2f]\n", name, median(times), median(ratios),
                *least, *most);
}

}  // namespace

int main() {
    auto made = kernel_world(false);
    if (!made) give_up(made.error().message.c_str());
    World& world = **made;
    director::Director& director = world.fresh();
    std::vector<Row> rows{{"direct routing", model::Method::direct, 81, {}, {}},
                          {"NAT", model::Method::nat, 82, {}, {}},
                          {"tunnelling", model::Method::tunnel, 83, {}, {}}};
    for (const Row& row : rows) {
        configure(director, row);
        world.send(packet(row.port, SYN));
    }
    const Wrapper wrapper(repeats);
    std::vector<double> floor_times;
    for (int round = 0; round < rounds; ++round) {
        const double floor = wrapper.measure_floor(packet(80, ACK));
        const double wrapping =
            wrapper.measure(wrapper.program("cost_floor"), packet(80, ACK)) - floor;
        floor_times.push_back(floor);
        for (Row& row : rows) {
            world.send(packet(row.port, ACK));  // also keeps next hops fresh
            row.times.push_back(wrapper.measure(world.program(), packet(row.port, ACK)) - wrapping);
            row.ratios.push_back(row.times.back() / floor);
        }
    }
    std::printf("established TCP packet, fast lane; median of %d rounds of %u runs\n", rounds,
                repeats);
    print("floor", floor_times, {1});
    for (const Row& row : rows) print(row.name, row.times, row.ratios);
}
