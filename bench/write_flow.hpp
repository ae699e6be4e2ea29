// Writing a flow's frame in a BPF program, and the tables that the benches' programs have.
#pragma once

#include "bpf/helpers.hpp"
#include "flows.hpp"
#include "path/env.hpp"
#include "wire/ethernet.hpp"

namespace turnout::bench {

template <class Row>
struct OneRow {
    int (*type)[BPF_MAP_TYPE_ARRAY];
    uint32_t* key;
    Row* value;
    int (*max_entries)[1];
};

template <class Row, class Map>
TURNOUT_INLINE Row* row_of(Map& map, uint32_t index = 0) {
    return static_cast<Row*>(bpf::map_lookup_elem(&map, &index));
}

template <class Context>
TURNOUT_INLINE Window window_of(Context* frame) {
    Window window;
    asm volatile(
        "%[begin] = *(u32*)(%[frame] + %[data])\n"
        "%[end] = *(u32*)(%[frame] + %[data_end])"
        : [begin] "=&r"(window.begin), [end] "=r"(window.end)
        : [frame] "r"(frame), [data] "i"(offsetof(Context, data)),
          [data_end] "i"(offsetof(Context, data_end)));
    return window;
}

TURNOUT_INLINE be16 complement(uint32_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return {static_cast<uint16_t>(~sum)};
}

// The word's share of two bytes at an offset.
template <uint32_t word, uint32_t offset>
TURNOUT_INLINE uint64_t share(be16 value) {
    if constexpr (offset != 0 && offset / 8 == word)
        return static_cast<uint64_t>(value.raw) << offset % 8 * 8;
    else
        return 0;
}

struct Values {
    be16 port, address, service_port, checksum, header_checksum;
};

// Every word is written once, and whole: a program that reads what lies in two of the last writes
// would have to wait for both.
template <Offsets at, uint32_t word = 0>
TURNOUT_INLINE void write_words(uint64_t* to, const uint64_t* words, const Values& values) {
    if constexpr (word < at.size / 8) {
        to[word] = words[word] | share<word, at.port>(values.port) |
                   share<word, at.address>(values.address) |
                   share<word, at.service_port>(values.service_port) |
                   share<word, at.checksum>(values.checksum) |
                   share<word, at.header_checksum>(values.header_checksum);
        write_words<at, word + 1>(to, words, values);
    }
}

template <Layout layout, bool udp>
TURNOUT_INLINE bool write_frame(const Window& window, const Traffic& traffic,
                                const Values& values) {
    constexpr Offsets at = offsets_of(layout, udp);
    if (window.begin + at.size > window.end) return false;
    write_words<at>(reinterpret_cast<uint64_t*>(window.begin), traffic.words, values);
    return true;
}

template <bool udp>
TURNOUT_INLINE bool write_frame(const Window& window, const Traffic& traffic,
                                const Values& values) {
    switch (traffic.layout) {
        case Layout::request_ipv4:
            return write_frame<Layout::request_ipv4, udp>(window, traffic, values);
        case Layout::reply_ipv4:
            return write_frame<Layout::reply_ipv4, udp>(window, traffic, values);
        case Layout::request_ipv6:
            return write_frame<Layout::request_ipv6, udp>(window, traffic, values);
        case Layout::reply_ipv6:
            return write_frame<Layout::reply_ipv6, udp>(window, traffic, values);
    }
    return false;
}

// Fills the window, which is as large as the traffic's frames, with that of a flow.
TURNOUT_INLINE bool write_flow(const Window& window, const Traffic& traffic, uint32_t flow) {
    const uint32_t service_port = traffic.service_port + service_of(traffic, flow);
    Values values{};
    values.port = to_be(static_cast<uint16_t>(1024 + (flow & 0x7fff)));
    values.address = to_be(static_cast<uint16_t>(first_address_end + (flow >> 15)));
    values.service_port = to_be(static_cast<uint16_t>(service_port));
    values.checksum =
        complement(traffic.sum + values.port.raw + values.address.raw + values.service_port.raw);
    values.header_checksum = complement(traffic.header_sum + values.address.raw);
    return traffic.is_udp ? write_frame<true>(window, traffic, values)
                          : write_frame<false>(window, traffic, values);
}

}  // namespace turnout::bench
