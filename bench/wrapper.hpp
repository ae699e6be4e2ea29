// Measuring a program: it runs on other flows' frames again and again, under a wrapper that writes
// them.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "abi/maps.hpp"
#include "packet/world.hpp"
#include "traffic.hpp"

extern "C" const unsigned char turnout_bpf_cost_begin[];
extern "C" const unsigned char turnout_bpf_cost_end[];

namespace turnout::bench {

[[noreturn]] inline void give_up(const char* what) {
    std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    std::exit(1);
}

inline double cpu_time_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

enum class Lane { xdp, tc };

class Wrapper {
  public:
    // Over the tables of a world.
    explicit Wrapper(const test::World& world) {
        const auto size = static_cast<size_t>(turnout_bpf_cost_end - turnout_bpf_cost_begin);
        object_ = bpf_object__open_mem(turnout_bpf_cost_begin, size, nullptr);
        if (!object_) give_up("cannot read the bench's programs");
        for (const char* name : {abi::map::common, abi::map::connections})
            bpf_map__reuse_fd(bpf_object__find_map_by_name(object_, name), world.table(name));
        if (bpf_object__load(object_) != 0) give_up("the kernel refuses the bench's programs");
    }
    ~Wrapper() { bpf_object__close(object_); }
    Wrapper(const Wrapper&) = delete;
    Wrapper& operator=(const Wrapper&) = delete;

    // Of this object, in the fast lane.
    int program(const char* name) const {
        return bpf_program__fd(bpf_object__find_program_by_name(object_, name));
    }
    // Nanoseconds a run of `target`, of CPU time: the kernel's own figure is in whole ones.  A call
    // has a fixed cost, which one with hardly any runs tells.
    double measure(Lane lane, int target, const Traffic& traffic, uint32_t repeats) const {
        set(lane, target, traffic);
        const double fixed = run(lane, traffic, 2);
        return (run(lane, traffic, repeats) - fixed) / (repeats - 2);
    }
    // Just sends.
    void send(Lane lane, int target, const Traffic& traffic, uint32_t repeats) const {
        set(lane, target, traffic);
        run(lane, traffic, repeats);
    }

  private:
    void set(Lane lane, int target, const Traffic& traffic) const {
        const uint32_t zero = 0;
        const auto value = static_cast<uint32_t>(target);
        const char* targets = lane == Lane::xdp ? "cost_xdp_target" : "cost_tc_target";
        if (bpf_map_update_elem(map("cost_traffic"), &zero, &traffic, BPF_ANY) != 0 ||
            bpf_map_update_elem(map(targets), &zero, &value, BPF_ANY) != 0)
            give_up("cannot set the measured program");
    }
    double run(Lane lane, const Traffic& traffic, uint32_t count) const {
        __sk_buff context{};
        context.ifindex = context.ingress_ifindex = if_nametoindex("dir0");  // the worlds' own
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = traffic.words,
                    .data_size_in = traffic.size, .repeat = static_cast<int>(count));
        if (lane == Lane::tc) {
            options.ctx_in = &context;
            options.ctx_size_in = sizeof context;
        }
        const double before = cpu_time_ns();
        const int program_fd = program(lane == Lane::xdp ? "cost_xdp" : "cost_tc");
        if (bpf_prog_test_run_opts(program_fd, &options) != 0) give_up("BPF_PROG_TEST_RUN fails");
        const double after = cpu_time_ns();
        if (options.retval != (lane == Lane::xdp ? XDP_TX : 7 /* TC_ACT_REDIRECT */))
            give_up("the measured program did not transmit");
        return after - before;
    }
    int map(const char* name) const { return bpf_object__find_map_fd_by_name(object_, name); }
    bpf_object* object_;
};

}  // namespace turnout::bench
