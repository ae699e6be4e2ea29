// What an established packet costs in the fast lane, next to a floor program in the same run.
//
// Rounds are interleaved (floor, direct, NAT, tunnel, floor, …), medians of rounds; ratios are
// taken within a round.  The measured programs run under a wrapper that restores the frame; what it
// costs is told by the floor, which runs with it and without, and is taken off.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <vector>

#include "packet/world.hpp"

extern "C" const unsigned char turnout_bpf_cost_begin[];
extern "C" const unsigned char turnout_bpf_cost_end[];

namespace {

using namespace turnout;
using namespace turnout::test;

constexpr uint32_t repeats = 1000000;
constexpr int rounds = 15;

[[noreturn]] void give_up(const char* what) {
    std::fprintf(stderr, "bench_cost: %s\n", what);
    std::exit(1);
}

double cpu_time_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

class Wrapper {
  public:
    Wrapper() {
        const auto size = static_cast<size_t>(turnout_bpf_cost_end - turnout_bpf_cost_begin);
        object_ = bpf_object__open_mem(turnout_bpf_cost_begin, size, nullptr);
        if (!object_ || bpf_object__load(object_) != 0) give_up("the kernel refuses the bench");
    }
    ~Wrapper() { bpf_object__close(object_); }
    Wrapper(const Wrapper&) = delete;
    Wrapper& operator=(const Wrapper&) = delete;

    int program(const char* name) const {
        return bpf_program__fd(bpf_object__find_program_by_name(object_, name));
    }
    // Nanoseconds a run of `target` on `frame`, which must be 64 bytes long.
    double measure(int target, const Bytes& frame) const {
        const uint32_t zero = 0;
        const auto value = static_cast<uint32_t>(target);
        if (bpf_map_update_elem(map("cost_frame"), &zero, frame.data(), BPF_ANY) != 0 ||
            bpf_map_update_elem(map("cost_target"), &zero, &value, BPF_ANY) != 0)
            give_up("cannot set the measured program");
        return per_run(program("cost_again"), frame);
    }
    // The floor by itself: swapping addresses back and forth needs no restoring.
    double measure_floor(const Bytes& frame) const { return per_run(program("cost_floor"), frame); }

  private:
    // A call with repeats has a fixed cost, which one with hardly any tells.
    static double per_run(int program, const Bytes& frame) {
        return (run(program, frame, repeats) - run(program, frame, 2)) / (repeats - 2);
    }
    // CPU time of `count` runs: the kernel's own figure is in whole nanoseconds a run.
    static double run(int program, const Bytes& frame, uint32_t count) {
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(),
                    .data_size_in = static_cast<uint32_t>(frame.size()),
                    .repeat = static_cast<int>(count));
        const double before = cpu_time_ns();
        if (bpf_prog_test_run_opts(program, &options) != 0) give_up("BPF_PROG_TEST_RUN fails");
        const double after = cpu_time_ns();
        if (options.retval != XDP_TX) give_up("the measured program did not transmit");
        return after - before;
    }
    int map(const char* name) const { return bpf_object__find_map_fd_by_name(object_, name); }
    bpf_object* object_;
};

struct Row {
    const char* name;
    model::Method method;
    uint16_t port;
    std::vector<double> times, ratios;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

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
    const Wrapper wrapper;
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
