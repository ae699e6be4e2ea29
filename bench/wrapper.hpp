// Measuring a program of the fast lane: it runs on the same frame again and again, under a wrapper
// that restores what a run has changed.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "packet/packet.hpp"

extern "C" const unsigned char turnout_bpf_cost_begin[];
extern "C" const unsigned char turnout_bpf_cost_end[];

namespace turnout::test {

[[noreturn]] inline void give_up(const char* what) {
    std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
    std::exit(1);
}

inline double cpu_time_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

class Wrapper {
  public:
    // Every measurement runs a program so often.
    explicit Wrapper(uint32_t repeats) : repeats_(repeats) {
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
    double per_run(int program, const Bytes& frame) const {
        return (run(program, frame, repeats_) - run(program, frame, 2)) / (repeats_ - 2);
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
    uint32_t repeats_;
    bpf_object* object_;
};

inline double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace turnout::test
