// Bytes of a packet replaced by others, of which there may be more or fewer: what follows is put
// aside meanwhile.
#pragma once

#include "bpf/tables_env.hpp"

namespace turnout::bpf {

inline constexpr uint32_t longest_replaced = 8192;  // with all that follows

// Gives the packet another length, and has the kernel forget a sum that hardware made of it as it
// was: growing does that.
TURNOUT_INLINE bool resize(__sk_buff* packet, uint32_t bytes) {
    constexpr uint32_t more = 64;
    return skb_change_tail(packet, packet->len + more, 0) == 0 &&
           skb_change_tail(packet, bytes, 0) == 0;
}

// See Environment::replace.
TURNOUT_INLINE bool replace_bytes(__sk_buff* packet, uint32_t offset, uint32_t removed,
                                  const abi::AddressText& text, uint32_t inserted, uint32_t end) {
    auto* room = row_of<Payload>(to_payloads, 0u);
    const uint32_t from = offset + removed;
    if (!room || inserted > sizeof text.byte || from > end || end - offset > longest_replaced / 2)
        return false;
    for (uint32_t i = 0; i < sizeof text.byte; ++i) room->byte[i] = text.byte[i];
    const uint32_t rest = end - from;
    if (rest && skb_load_bytes(packet, from, room->byte + (inserted & 31),
                               bounded(rest, longest_replaced)) != 0)
        return false;
    if (!resize(packet, offset + inserted + rest)) return false;
    const uint32_t written = inserted + rest;
    return written == 0 ||
           skb_store_bytes(packet, offset, room->byte, bounded(written, longest_replaced), 0) == 0;
}

}  // namespace turnout::bpf
