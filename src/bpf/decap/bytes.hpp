// The bytes of a packet on its way up or down the stack, by offsets from its (outer) IP header.
//
// They may lie in pieces, the headers too: what is read is copied out by the kernel, which knows.
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdint.h>

#include "bpf/helpers.hpp"
#include "wire/verifier.hpp"

namespace turnout::bpf::decap {

TURNOUT_INLINE uint32_t length_of(const __sk_buff* packet) {
    return packet->len - ETH_HLEN;
}

template <class T>
TURNOUT_INLINE bool read(const __sk_buff* packet, uint32_t offset, T& value) {
    return skb_load_bytes(packet, ETH_HLEN + offset, &value, sizeof value) == 0;
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
    uint32_t failed;
};
inline constexpr uint32_t piece = 128;

static long add_piece(uint32_t index, Summing* summing) {
    uint32_t words[piece / 4] = {};
    const uint32_t begin = summing->begin + index * piece;
    if (begin >= summing->end) return 1;
    // Less one and one again: Linux 6.1's verifier cannot tell from a comparison that it is not 0.
    uint32_t length = summing->end - begin - 1;
    if (length >= piece) length = piece - 1;
    length += 1;
    if (skb_load_bytes(summing->packet, ETH_HLEN + begin, words, length) != 0) {
        summing->failed = 1;
        return 1;
    }
    summing->sum += static_cast<uint32_t>(csum_diff(nullptr, 0, words, sizeof words, 0));
    return 0;
}

// The Internet checksum's sum (wire/checksum.hpp) over [begin, end).  False: not all of it is
// there.
TURNOUT_INLINE bool sum_up(const __sk_buff* packet, uint32_t begin, uint32_t end, uint64_t& sum) {
    const uint32_t nothing = forgotten(0, packet->len);
    Summing summing = {packet, begin, end, nothing, nothing};
    loop((end - begin + piece - 1) / piece, add_piece, &summing);
    sum = summing.sum;
    return summing.failed == 0;
}

}  // namespace turnout::bpf::decap
