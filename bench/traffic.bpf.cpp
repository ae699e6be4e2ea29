// Traffic for a director, made in the kernel, and what stands in its way or at its end: programs of
// bench_traffic.
#include <linux/pkt_cls.h>

#include "ipip.hpp"
#include "write_flow.hpp"

using namespace turnout;
using namespace turnout::bench;

using TrafficMap = OneRow<Traffic>;

extern "C" {
extern TrafficMap traffic_row;
[[gnu::section(".maps"), gnu::used]] TrafficMap traffic_row;
}

// The least that a router could do: new MAC addresses, out by another interface.
template <class Context>
static int redirect(Context* frame, int if_there_is_none) {
    const Traffic* traffic = row_of<Traffic>(traffic_row);
    auto* ethernet = header_at<EthernetHeader>(window_of(frame), 0);
    if (!traffic || !ethernet) return if_there_is_none;
    const auto* way = reinterpret_cast<const EthernetHeader*>(traffic->words);
    ethernet->destination = way->destination;
    ethernet->source = way->source;
    return static_cast<int>(bpf::redirect(traffic->interface, 0));
}

extern "C" {

[[gnu::section("license"), gnu::used]] char traffic_license[] = "Dual MIT/GPL";

// Run by BPF_PROG_TEST_RUN on live frames: each goes out by the interface.
[[gnu::section("xdp"), gnu::used]] int traffic_send(xdp_md* frame) {
    Traffic* traffic = row_of<Traffic>(traffic_row);
    if (!traffic || !write_flow(window_of(frame), *traffic, next_flow(*traffic)))
        return XDP_ABORTED;
    return static_cast<int>(bpf::redirect(traffic->interface, 0));
}

[[gnu::section("xdp"), gnu::used]] int traffic_drop([[maybe_unused]] xdp_md* frame) {
    return XDP_DROP;
}

[[gnu::section("xdp"), gnu::used]] int traffic_pass([[maybe_unused]] xdp_md* frame) {
    return XDP_PASS;
}

[[gnu::section("xdp"), gnu::used]] int traffic_redirect(xdp_md* frame) {
    return redirect(frame, XDP_ABORTED);
}

// The same behind an outer header.
[[gnu::section("xdp"), gnu::used]] int traffic_redirect_in_ipip(xdp_md* frame) {
    Headers headers;
    if (!find(window_of(frame), headers) || !encapsulate(frame, headers)) return XDP_ABORTED;
    return redirect(frame, XDP_ABORTED);
}

[[gnu::section("tc"), gnu::used]] int traffic_drop_tc([[maybe_unused]] __sk_buff* packet) {
    return TC_ACT_SHOT;
}

[[gnu::section("tc"), gnu::used]] int traffic_redirect_tc(__sk_buff* packet) {
    return redirect(packet, TC_ACT_SHOT);
}
}
