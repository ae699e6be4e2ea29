// What the cost bench measures against, and with: a floor program, and a wrapper that gives the
// measured program the same frame again and again (BPF_PROG_TEST_RUN keeps what a run has changed).
#include "bpf/helpers.hpp"
#include "path/env.hpp"
#include "wire/ethernet.hpp"
#include "wire/ip.hpp"

using namespace turnout;

namespace {

constexpr uint32_t frame_size = 64;

struct Frame {
    uint64_t words[frame_size / 8];
};

struct FrameMap {
    int (*type)[BPF_MAP_TYPE_ARRAY];
    uint32_t* key;
    Frame* value;
    int (*max_entries)[1];
};
struct TargetMap {
    int (*type)[BPF_MAP_TYPE_PROG_ARRAY];
    uint32_t* key;
    uint32_t* value;
    int (*max_entries)[1];
};

TURNOUT_INLINE Window window_of(xdp_md* frame) {
    Window window;
    asm volatile(
        "%[begin] = *(u32*)(%[frame] + %[data])\n"
        "%[end] = *(u32*)(%[frame] + %[data_end])"
        : [begin] "=&r"(window.begin), [end] "=r"(window.end)
        : [frame] "r"(frame), [data] "i"(offsetof(xdp_md, data)),
          [data_end] "i"(offsetof(xdp_md, data_end)));
    return window;
}

}  // namespace

extern "C" {

extern FrameMap cost_frame;
[[gnu::section(".maps"), gnu::used]] FrameMap cost_frame;
extern TargetMap cost_target;
[[gnu::section(".maps"), gnu::used]] TargetMap cost_target;

[[gnu::section("license"), gnu::used]] char cost_license[] = "Dual MIT/GPL";

// The least a forwarding program does: parse, swap the MAC addresses, transmit.
// A program takes no other's place that knows less of frames in parts: hence xdp.frags.
[[gnu::section("xdp.frags"), gnu::used]] int cost_floor(xdp_md* frame) {
    const Window window = window_of(frame);
    auto* ethernet = header_at<EthernetHeader>(window, 0);
    const auto* ip = header_at<Ipv4Header>(window, sizeof(EthernetHeader));
    if (!ethernet || !ip || !is(ethernet->type, EtherType::ipv4) || ip->protocol != 6)
        return XDP_PASS;
    const Mac destination = ethernet->destination;
    ethernet->destination = ethernet->source;
    ethernet->source = destination;
    return XDP_TX;
}

[[gnu::section("xdp.frags"), gnu::used]] int cost_again(xdp_md* frame) {
    Window window = window_of(frame);
    if (window.end - window.begin > frame_size) {
        // The last run put an outer IPv4 header in front.
        if (bpf::xdp_adjust_head(frame, sizeof(Ipv4Header))) return XDP_ABORTED;
        window = window_of(frame);
    }
    auto* bytes = header_at<Frame>(window, 0);
    const uint32_t zero = 0;
    const auto* pristine = static_cast<const Frame*>(bpf::map_lookup_elem(&cost_frame, &zero));
    if (!bytes || !pristine) return XDP_ABORTED;
    *bytes = *pristine;
    using TailCall = long (*)(void*, void*, uint32_t);
    reinterpret_cast<TailCall>(BPF_FUNC_tail_call)(frame, &cost_target, 0);
    return XDP_ABORTED;
}
}
