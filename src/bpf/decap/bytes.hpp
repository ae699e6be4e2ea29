// The bytes of a packet on its way up the stack, by offsets from its (outer) IP header.
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdint.h>

#include "bpf/helpers.hpp"

namespace turnout::bpf::decap {

TURNOUT_INLINE uint32_t length_of(const __sk_buff* packet) {
    return packet->len - ETH_HLEN;
}

template <class T>
TURNOUT_INLINE bool read(const __sk_buff* packet, uint32_t offset, T& value) {
    return skb_load_bytes_relative(packet, offset, &value, sizeof value, BPF_HDR_START_NET) == 0;
}

// What the network card has summed up is kept right.
template <class T>
TURNOUT_INLINE bool write(__sk_buff* packet, uint32_t offset, const T& value) {
    return skb_store_bytes(packet, ETH_HLEN + offset, &value, sizeof value, BPF_F_RECOMPUTE_CSUM) ==
           0;
}

// The sum over [begin, end), by pieces of what fits on the stack.
struct Summing {
    const __sk_buff* packet;
    uint32_t begin;
    uint32_t end;
    uint64_t sum;
};
inline constexpr uint32_t piece = 128;

static long add_piece([[maybe_unused]] uint32_t index, Summing* summing) {
    uint32_t words[piece / 4] = {};
    if (summing->begin >= summing->end) return 1;
    // Less one and one again: Linux 6.1's verifier cannot tell from a comparison that it is not 0.
    uint32_t length = summing->end - summing->begin - 1;
    if (length >= piece) length = piece - 1;
    length += 1;
    if (skb_load_bytes_relative(summing->packet, summing->begin, words, length,
                                BPF_HDR_START_NET) != 0)
        return 1;
    summing->sum += static_cast<uint32_t>(csum_diff(nullptr, 0, words, sizeof words, 0));
    summing->begin += length;
    return 0;
}

// The Internet checksum's sum (wire/checksum.hpp) over [begin, end).
TURNOUT_INLINE uint64_t sum_of(const __sk_buff* packet, uint32_t begin, uint32_t end) {
    Summing summing = {packet, begin, end, 0};
    loop((end - begin + piece - 1) / piece, add_piece, &summing);
    return summing.sum;
}

}  // namespace turnout::bpf::decap
