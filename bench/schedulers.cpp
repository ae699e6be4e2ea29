// What a scheduler's choice costs, with 3, 16, 200 and 1000 servers.
//
// Every packet of a one-packet service is scheduled and nothing is put into the table, so the
// fast lane's program does the whole work again and again.  A service with one server tells what
// all but the choice costs; that is taken off.
#include <array>

#include "packet/world.hpp"
#include "tables/convert.hpp"
#include "wrapper.hpp"

namespace {

using namespace turnout;
using namespace turnout::test;

constexpr std::array<int, 4> sizes{3, 16, 200, 1000};
constexpr uint32_t repeats = 20000;
constexpr int rounds = 7;

struct Farm {
    std::string scheduler;
    int servers;
    uint16_t port;
    std::vector<double> times = {};
};

model::ServiceKey key_of(const Farm& farm) {
    return {0, model::Protocol::udp, vip, farm.port};
}

Bytes packet_to(const Farm& farm) {
    return frame(Ip{client, vip}, Udp{40000, farm.port}, "0123456789012345678901");
}

// Servers of the weights 1 to 5, so that nothing is decided by the first look.
void add_servers(director::Director& director, const Farm& farm) {
    for (int i = 0; i < farm.servers; ++i) {
        model::Server real;
        real.key = {model::Address::ipv4(10, 1, static_cast<uint8_t>(1 + i / 250),
                                         static_cast<uint8_t>(1 + i % 250)),
                    farm.port};
        real.method = model::Method::direct;
        real.weight = 1 + i % 5;
        if (!director.apply(model::AddServer{key_of(farm), real})) give_up("cannot add a server");
    }
}

void build(director::Director& director, const Farm& farm) {
    model::Service service;
    service.key = key_of(farm);
    service.scheduler = farm.scheduler;
    service.flags = model::service_flag::one_packet;
    if (!director.apply(model::AddService{service})) give_up("cannot add a service");
    add_servers(director, farm);
}

// Every server has work: some of the rules take an idle one at once.
void load_servers(World& world) {
    uint64_t active = 0;
    for (abi::ServerState& state : world.rows().server_states)
        state.load = abi::load::active_one * (1 + active++ % 2);
}

std::vector<Farm> farms() {
    std::vector<Farm> all{{"rr", 1, 1}};
    uint16_t port = 2;
    for (const std::string& name : tables::scheduler_names())
        if (name != "none")
            for (const int servers : sizes) all.push_back({name, servers, port++});
    return all;
}

void measure(World& world, const Wrapper& wrapper, std::vector<Farm>& all) {
    for (int round = 0; round < rounds; ++round) {
        for (Farm& farm : all) {
            world.send(packet_to(farm));  // also keeps next hops fresh
            farm.times.push_back(wrapper.measure(world.program(), packet_to(farm)));
        }
    }
}

void print(const std::vector<Farm>& all) {
    const double rest = median(all.front().times);
    std::printf("a choice, in ns; median of %d rounds of %u runs; servers of the service:\n%-8s",
                rounds, repeats, "");
    for (const int servers : sizes) std::printf("%9d", servers);
    for (size_t i = 1; i < all.size(); ++i) {
        if ((i - 1) % sizes.size() == 0) std::printf("\n%-8s", all[i].scheduler.c_str());
        std::printf("%9.0f", std::max(0.0, median(all[i].times) - rest));
    }
    std::printf("\nall but the choice: %.0f ns a packet\n", rest);
}

}  // namespace

int main() {
    auto made = kernel_world(false, {.services = 64, .servers = 32768, .rings = 64});
    if (!made) give_up(made.error().message.c_str());
    World& world = **made;
    auto all = farms();
    director::Director& director = world.fresh();
    for (const Farm& farm : all) build(director, farm);
    load_servers(world);
    const Wrapper wrapper(repeats);
    measure(world, wrapper, all);
    print(all);
}
