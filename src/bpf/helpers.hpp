// The kernel's BPF helpers as typed functions.
//
// libbpf's bpf_helpers.h is C only (it assigns void* to function pointers); these are the few we
// use, under the kernel's names without "bpf_".
#pragma once

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/inline.hpp"

namespace turnout::bpf {

TURNOUT_INLINE void* map_lookup_elem(void* map, const void* key) {
    using Helper = void* (*)(void*, const void*);
    return reinterpret_cast<Helper>(BPF_FUNC_map_lookup_elem)(map, key);
}

TURNOUT_INLINE long map_update_elem(void* map, const void* key, const void* value, uint64_t flags) {
    using Helper = long (*)(void*, const void*, const void*, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_map_update_elem)(map, key, value, flags);
}

TURNOUT_INLINE long map_delete_elem(void* map, const void* key) {
    using Helper = long (*)(void*, const void*);
    return reinterpret_cast<Helper>(BPF_FUNC_map_delete_elem)(map, key);
}

// Into a ring for user space; fails when that is full.
TURNOUT_INLINE long ringbuf_output(void* ring, const void* data, uint64_t size, uint64_t flags) {
    using Helper = long (*)(void*, const void*, uint64_t, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_ringbuf_output)(ring, data, size, flags);
}

// Nanoseconds of the monotonic clock, as of the last timer interrupt.
TURNOUT_INLINE uint64_t ktime_get_coarse_ns() {
    return reinterpret_cast<uint64_t (*)()>(BPF_FUNC_ktime_get_coarse_ns)();
}

TURNOUT_INLINE uint32_t get_prandom_u32() {
    return reinterpret_cast<uint32_t (*)()>(BPF_FUNC_get_prandom_u32)();
}

TURNOUT_INLINE uint32_t get_smp_processor_id() {
    return reinterpret_cast<uint32_t (*)()>(BPF_FUNC_get_smp_processor_id)();
}

// Calls `body` with 0, 1, … until it returns 1 or `count` is reached.
template <class Context>
TURNOUT_INLINE long loop(uint32_t count, long (*body)(uint32_t, Context*), Context* context) {
    using Helper = long (*)(uint32_t, void*, void*, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_loop)(count, reinterpret_cast<void*>(body), context,
                                                   0);
}

// Goes on in a program of the table and does not come back, unless there is none.
TURNOUT_INLINE void tail_call(void* context, void* programs, uint32_t index) {
    using Helper = long (*)(void*, void*, uint32_t);
    reinterpret_cast<Helper>(BPF_FUNC_tail_call)(context, programs, index);
}

// Bytes of a frame, in whatever parts it lies.
TURNOUT_INLINE uint64_t xdp_get_buff_len(xdp_md* frame) {
    return reinterpret_cast<uint64_t (*)(xdp_md*)>(BPF_FUNC_xdp_get_buff_len)(frame);
}

TURNOUT_INLINE long redirect(uint32_t interface, uint64_t flags) {
    using Helper = long (*)(uint32_t, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_redirect)(interface, flags);
}

TURNOUT_INLINE long clone_redirect(__sk_buff* packet, uint32_t interface, uint64_t flags) {
    using Helper = long (*)(__sk_buff*, uint32_t, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_clone_redirect)(packet, interface, flags);
}

TURNOUT_INLINE long redirect_neigh(uint32_t interface, bpf_redir_neigh* neighbour, int size,
                                   uint64_t flags) {
    using Helper = long (*)(uint32_t, bpf_redir_neigh*, int, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_redirect_neigh)(interface, neighbour, size, flags);
}

TURNOUT_INLINE long fib_lookup(void* context, bpf_fib_lookup* request, int size, uint32_t flags) {
    using Helper = long (*)(void*, bpf_fib_lookup*, int, uint32_t);
    return reinterpret_cast<Helper>(BPF_FUNC_fib_lookup)(context, request, size, flags);
}

TURNOUT_INLINE long xdp_adjust_head(xdp_md* packet, int delta) {
    using Helper = long (*)(xdp_md*, int);
    return reinterpret_cast<Helper>(BPF_FUNC_xdp_adjust_head)(packet, delta);
}

TURNOUT_INLINE long skb_pull_data(__sk_buff* packet, uint32_t length) {
    using Helper = long (*)(__sk_buff*, uint32_t);
    return reinterpret_cast<Helper>(BPF_FUNC_skb_pull_data)(packet, length);
}

TURNOUT_INLINE long skb_change_tail(__sk_buff* packet, uint32_t length, uint64_t flags) {
    using Helper = long (*)(__sk_buff*, uint32_t, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_skb_change_tail)(packet, length, flags);
}

TURNOUT_INLINE long skb_load_bytes(const __sk_buff* packet, uint32_t offset, void* to,
                                   uint32_t length) {
    using Helper = long (*)(const void*, uint32_t, void*, uint32_t);
    return reinterpret_cast<Helper>(BPF_FUNC_skb_load_bytes)(packet, offset, to, length);
}

TURNOUT_INLINE long skb_load_bytes_relative(const __sk_buff* packet, uint32_t offset, void* to,
                                            uint32_t length, uint32_t start_header) {
    using Helper = long (*)(const void*, uint32_t, void*, uint32_t, uint32_t);
    return reinterpret_cast<Helper>(BPF_FUNC_skb_load_bytes_relative)(packet, offset, to, length,
                                                                      start_header);
}

TURNOUT_INLINE long skb_store_bytes(__sk_buff* packet, uint32_t offset, const void* from,
                                    uint32_t length, uint64_t flags) {
    using Helper = long (*)(__sk_buff*, uint32_t, const void*, uint32_t, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_skb_store_bytes)(packet, offset, from, length, flags);
}

// `protocol`: an EtherType in network order.
TURNOUT_INLINE long skb_change_proto(__sk_buff* packet, uint16_t protocol, uint64_t flags) {
    using Helper = long (*)(__sk_buff*, uint16_t, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_skb_change_proto)(packet, protocol, flags);
}

TURNOUT_INLINE long skb_adjust_room(__sk_buff* packet, int32_t difference, uint32_t mode,
                                    uint64_t flags) {
    using Helper = long (*)(__sk_buff*, int32_t, uint32_t, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_skb_adjust_room)(packet, difference, mode, flags);
}

TURNOUT_INLINE long l4_csum_replace(__sk_buff* packet, uint32_t offset, uint64_t from, uint64_t to,
                                    uint64_t flags) {
    using Helper = long (*)(__sk_buff*, uint32_t, uint64_t, uint64_t, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_l4_csum_replace)(packet, offset, from, to, flags);
}

// The sum of `size` bytes, a multiple of four up to 512, added to `seed`.
TURNOUT_INLINE long csum_diff(const void* from, uint32_t from_size, const void* to, uint32_t size,
                              uint32_t seed) {
    using Helper = long (*)(const void*, uint32_t, const void*, uint32_t, uint32_t);
    return reinterpret_cast<Helper>(BPF_FUNC_csum_diff)(from, from_size, to, size, seed);
}

TURNOUT_INLINE long csum_update(__sk_buff* packet, uint32_t difference) {
    using Helper = long (*)(__sk_buff*, uint32_t);
    return reinterpret_cast<Helper>(BPF_FUNC_csum_update)(packet, difference);
}

// Between these nothing may be called.
TURNOUT_INLINE void spin_lock(bpf_spin_lock* lock) {
    reinterpret_cast<long (*)(bpf_spin_lock*)>(BPF_FUNC_spin_lock)(lock);
}
TURNOUT_INLINE void spin_unlock(bpf_spin_lock* lock) {
    reinterpret_cast<long (*)(bpf_spin_lock*)>(BPF_FUNC_spin_unlock)(lock);
}

TURNOUT_INLINE long timer_init(bpf_timer* timer, void* map, uint64_t flags) {
    using Helper = long (*)(bpf_timer*, void*, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_timer_init)(timer, map, flags);
}

template <class Value>
TURNOUT_INLINE long timer_set_callback(bpf_timer* timer, int (*callback)(void*, int*, Value*)) {
    using Helper = long (*)(bpf_timer*, void*);
    return reinterpret_cast<Helper>(BPF_FUNC_timer_set_callback)(timer,
                                                                 reinterpret_cast<void*>(callback));
}

TURNOUT_INLINE long timer_start(bpf_timer* timer, uint64_t nanoseconds, uint64_t flags) {
    using Helper = long (*)(bpf_timer*, uint64_t, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_timer_start)(timer, nanoseconds, flags);
}

}  // namespace turnout::bpf
