// Writing a flow's frame in a BPF program.
#pragma once

#include "bpf/helpers.hpp"
#include "flows.hpp"
#include "path/env.hpp"
#include "wire/checksum.hpp"
#include "wire/ethernet.hpp"

namespace turnout::bench {

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

template <uint32_t size>
TURNOUT_INLINE bool restore(const Window& window, const Traffic& traffic) {
    struct Frame {
        uint64_t words[size / 8];
    };
    auto* bytes = header_at<Frame>(window, 0);
    if (bytes) *bytes = *reinterpret_cast<const Frame*>(traffic.words);
    return bytes;
}

// Fills the window, which is as large as the traffic's frames, with that of a flow.
TURNOUT_INLINE bool write_flow(const Window& window, const Traffic& traffic, uint32_t flow) {
    const bool ipv6 = traffic.size == frame_size_ipv6;
    if (!(ipv6 ? restore<frame_size_ipv6>(window, traffic)
               : restore<frame_size_ipv4>(window, traffic)))
        return false;
    auto* port = header_at<be16>(window, traffic.port_at);
    auto* address = header_at<be16>(window, traffic.address_at);
    auto* checksum = header_at<be16>(window, traffic.checksum_at);
    auto* header_checksum = header_at<be16>(window, traffic.header_checksum_at);
    if (!port || !address || !checksum || !header_checksum) return false;
    const be16 own_port = to_be(static_cast<uint16_t>(1024 + (flow & 0x7fff)));
    // The second byte of the two is the first of nothing else: it cannot carry over.
    const be16 added = to_be(static_cast<uint16_t>(flow >> 15));
    *port = own_port;
    address->raw = static_cast<uint16_t>(address->raw + added.raw);
    *checksum = updated(*checksum, added.raw + own_port.raw);
    if (!ipv6) *header_checksum = updated(*header_checksum, added.raw);
    return true;
}

}  // namespace turnout::bench
