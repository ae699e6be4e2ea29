// Sends traffic from within the kernel, as fast as it goes, and says what a frame took.
//
//   bench_traffic send --device DEVICE --to ADDRESS:PORT [OPTION…]
//   bench_traffic put WHAT --device DEVICE [--out DEVICE]
//       WHAT: drop, pass, redirect, redirect-in-ipip, nothing; drop-tc, redirect-tc, nothing-tc
//
// Frames are made by an XDP program under BPF_PROG_TEST_RUN and redirected to DEVICE, so that a
// veth's other end receives them as from a network card.  What is put onto a device ends their way,
// or leads it on.
#include "traffic.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "model/names.hpp"

extern "C" const unsigned char turnout_bpf_traffic_begin[];
extern "C" const unsigned char turnout_bpf_traffic_end[];

namespace {

using namespace turnout;
using namespace turnout::bench;

struct Options {
    std::string device, out, to, from, protocol = "udp", put;
    uint32_t flows = 1000, first = 0, count = 100000, samples = 5;
    bool syn = false;
};

[[noreturn]] void give_up(const std::string& what) {
    std::fprintf(stderr, "bench_traffic: %s: %s\n", what.c_str(), std::strerror(errno));
    std::exit(1);
}

uint32_t index_of(const std::string& device) {
    const uint32_t index = if_nametoindex(device.c_str());
    if (!index) give_up(device);
    return index;
}

bpf_object* load() {
    const auto size = static_cast<size_t>(turnout_bpf_traffic_end - turnout_bpf_traffic_begin);
    bpf_object* object = bpf_object__open_mem(turnout_bpf_traffic_begin, size, nullptr);
    if (!object || bpf_object__load(object) != 0) give_up("the kernel refuses the programs");
    return object;
}

void set(bpf_object* object, const Traffic& traffic) {
    const uint32_t zero = 0;
    const int row = bpf_object__find_map_fd_by_name(object, "traffic_row");
    if (bpf_map_update_elem(row, &zero, &traffic, BPF_ANY) != 0) give_up("cannot set the traffic");
}

int program(bpf_object* object, const char* name) {
    return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

Kind kind_of(const Options& options) {
    const std::string& end = options.from.empty() ? options.to : options.from;
    const auto named = model::service_named(options.protocol + ":" + end);
    if (!named) give_up(end + " is no ADDRESS:PORT");
    Kind kind;
    kind.protocol = named->protocol;
    kind.flags = options.syn ? test::SYN : test::ACK;
    kind.reply = !options.from.empty();
    (kind.reply ? kind.source : kind.destination) = named->address;
    (kind.reply ? kind.source_port : kind.destination_port) = named->port;
    return kind;
}

// Nanoseconds a frame, as the kernel tells: before and after the frames it waits for others.
uint32_t send(int program, const Traffic& traffic, uint32_t count) {
    LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = traffic.words, .data_size_in = traffic.size,
                .repeat = static_cast<int>(count), .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
                .batch_size = 64);
    if (bpf_prog_test_run_opts(program, &run) != 0) give_up("BPF_PROG_TEST_RUN");
    return run.duration;
}

// The first sample is none: caches fill, and the kernel patches itself.
void send_samples(const Options& options) {
    Traffic traffic = traffic_of(kind_of(options), options.flows, Order::one_after_the_other);
    traffic.next = options.first;
    traffic.interface = index_of(options.device);
    bpf_object* object = load();
    set(object, traffic);
    const int sender = program(object, "traffic_send");
    if (options.samples > 1) send(sender, traffic, options.count);
    for (uint32_t i = 0; i < options.samples; ++i)
        std::printf("%u%c", send(sender, traffic, options.count),
                    i + 1 == options.samples ? '\n' : ' ');
}

void put_at_xdp(int program, uint32_t device) {
    if (bpf_xdp_attach(static_cast<int>(device), program, XDP_FLAGS_DRV_MODE, nullptr) != 0)
        give_up("cannot put a program there");
}

void put_at_tc(int program, uint32_t device) {
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(device),
                .attach_point = BPF_TC_INGRESS);
    LIBBPF_OPTS(bpf_tc_opts, filter, .prog_fd = program);
    const int made = bpf_tc_hook_create(&hook);
    if ((made != 0 && made != -EEXIST) || bpf_tc_attach(&hook, &filter) != 0)
        give_up("cannot put a filter there");
}

void clear(bool at_tc, uint32_t device) {
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = static_cast<int>(device),
                .attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
    if (at_tc)
        bpf_tc_hook_destroy(&hook);
    else
        bpf_xdp_detach(static_cast<int>(device), 0, nullptr);
}

void put(const Options& options) {
    const uint32_t device = index_of(options.device);
    const bool at_tc = options.put.ends_with("-tc");
    if (options.put.starts_with("nothing")) return clear(at_tc, device);
    bpf_object* object = load();
    if (!options.out.empty()) {
        Kind kind;
        kind.destination = first_client(model::Family::ipv4);
        kind.ethernet = {test::server_mac, test::director_mac};
        Traffic way = traffic_of(kind, 1, Order::one_after_the_other);
        way.interface = index_of(options.out);
        set(object, way);
    }
    std::string name = "traffic_" + options.put;
    std::ranges::replace(name, '-', '_');
    (at_tc ? put_at_tc : put_at_xdp)(program(object, name.c_str()), device);
}

}  // namespace

int main(int count, char** arguments) {
    Options options;
    CLI::App app("Traffic made in the kernel", "bench_traffic");
    auto* sending = app.add_subcommand("send", "Send frames, say what each took (ns)");
    sending->add_option("--device", options.device, "By this device")->required();
    sending->add_option("--to", options.to, "Requests of clients to ADDRESS:PORT");
    sending->add_option("--from", options.from, "Replies to clients from ADDRESS:PORT");
    sending->add_option("--protocol", options.protocol, "tcp or udp");
    sending->add_option("--flows", options.flows, "Of so many flows, one after the other");
    sending->add_option("--first", options.first, "Beginning with this one");
    sending->add_option("--count", options.count, "So many frames a sample");
    sending->add_option("--samples", options.samples, "So many, one more before them if not 1");
    sending->add_flag("--syn", options.syn, "TCP: SYN, else ACK");
    auto* putting = app.add_subcommand("put", "Put a program onto a device");
    putting
        ->add_option("what", options.put,
                     "drop, pass, redirect, redirect-in-ipip, nothing, or one with -tc: drop, "
                     "redirect, nothing")
        ->required();
    putting->add_option("--device", options.device, "Where frames come in")->required();
    putting->add_option("--out", options.out, "Redirected: where they go out");
    app.require_subcommand(1);
    CLI11_PARSE(app, count, arguments);
    if (sending->parsed()) send_samples(options);
    if (putting->parsed()) put(options);
}
