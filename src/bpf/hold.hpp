// Fragments that wait for their first: put aside as frames, and had come in once more.
//
// A program cannot make packets, but it can send copies of the one it has: so that one is made into
// each of the others in turn.
#pragma once

#include "bpf/tables_env.hpp"

namespace turnout::bpf {

inline constexpr uint32_t power_above_held = 2048;
static_assert(longest_held <= power_above_held);

// Copies the frame into the CPU's room; false when it is too long.
TURNOUT_INLINE bool copy_frame(__sk_buff* packet, FragmentRoom& room) {
    if (packet->len == 0 || packet->len > longest_held) return false;
    room.fragment.length = packet->len;
    const uint32_t length = bounded(room.fragment.length, power_above_held);
    if (length > longest_held) return false;
    return skb_load_bytes(packet, 0, room.fragment.byte, length) == 0;
}

TURNOUT_INLINE bool put_aside(__sk_buff* packet, const Packet& parsed, uint32_t number) {
    auto* room = row_of<FragmentRoom>(to_fragment_rm, 0u);
    if (!room || !copy_frame(packet, *room)) return false;
    room->key.packet = fragment_key(parsed);
    room->key.number = number;
    return map_update_elem(&to_held, &room->key, &room->fragment, BPF_ANY) == 0;
}

TURNOUT_INLINE bool hold_fragment(__sk_buff* packet, const Packet& parsed, abi::Tick now) {
    TablesEnv env;
    const FragmentNote note = find_note(env, parsed, now);
    if (note.held >= most_held) return false;
    if (!put_aside(packet, parsed, note.held)) return false;
    note_waiting(env, parsed, note, now);
    return true;
}

// Makes the packet the one that was put aside under the number in the room's key, and has a copy of
// it come in by the interface that the packet came by.
TURNOUT_INLINE void call_in(__sk_buff* packet, FragmentRoom& room) {
    auto* held = static_cast<HeldFragment*>(map_lookup_elem(&to_held, &room.key));
    if (!held) return;
    const uint32_t length = bounded(held->length, power_above_held);
    if (length > longest_held) return;
    if (skb_change_tail(packet, length, 0) == 0 &&
        skb_store_bytes(packet, 0, held->byte, length, 0) == 0)
        clone_redirect(packet, packet->ifindex, BPF_F_INGRESS);
    map_delete_elem(&to_held, &room.key);
}

struct Release {
    __sk_buff* packet;
    uint32_t count;
};

// A step of release_fragments().
TURNOUT_INLINE long release_one(uint32_t step, const Release& release) {
    auto* room = row_of<FragmentRoom>(to_fragment_rm, 0u);
    if (!room) return 1;
    // The first fragment, which was put aside last, goes first.
    room->key.number = step == 0 ? release.count : step - 1;
    call_in(release.packet, *room);
    return 0;
}

// `step` calls release_one(): the loader wants it to be of internal linkage.
TURNOUT_INLINE bool release_fragments(__sk_buff* packet, const Packet& parsed, uint32_t count,
                                      long (*step)(uint32_t, Release*)) {
    if (count > most_held || !put_aside(packet, parsed, count)) return false;
    Release release{packet, count};
    loop(count + 1, step, &release);
    return true;
}

}  // namespace turnout::bpf
