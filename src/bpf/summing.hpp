// The Internet checksum's sum (wire/checksum.hpp) over a packet of any length, in pieces: its bytes
// may lie outside the window.
#pragma once

#include "bpf/maps.hpp"
#include "bpf/tables_env.hpp"
#include "wire/verifier.hpp"

namespace turnout::bpf {

struct Summing {
    __sk_buff* packet;
    uint32_t begin;
    uint32_t end;
    uint32_t sum;
};

// A step of sum_up(): 1 when it was the last.
TURNOUT_INLINE long sum_piece(uint32_t index, Summing& summing) {
    auto* piece = row_of<Piece>(to_pieces, 0u);
    const uint32_t begin = summing.begin + index * longest_piece;
    if (!piece || begin >= summing.end) return 1;
    const uint32_t left = summing.end - begin;
    const uint32_t size = bounded(left < longest_piece ? left : longest_piece, longest_piece);
    if (skb_load_bytes(summing.packet, begin, piece->byte, size) != 0) return 1;
    for (uint32_t i = 0; i < 3; ++i) piece->byte[size + i] = 0;
    summing.sum =
        static_cast<uint32_t>(csum_diff(nullptr, 0, piece->byte, (size + 3) & ~3u, summing.sum));
    return 0;
}

// `step` calls sum_piece(): the loader wants it to be of internal linkage.
TURNOUT_INLINE uint64_t sum_up(__sk_buff* packet, uint32_t offset, uint32_t bytes,
                               long (*step)(uint32_t, Summing*)) {
    constexpr uint32_t longest_packet = 1 << 17;
    if (bytes > longest_packet) return 0;
    Summing summing{packet, offset, offset + bytes, forgotten(0, packet->len)};
    loop((bytes + longest_piece - 1) / longest_piece, step, &summing);
    return summing.sum;
}

}  // namespace turnout::bpf
