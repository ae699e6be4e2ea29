// The kernel's BPF helpers as typed functions.
//
// libbpf's bpf_helpers.h is C only (it assigns void* to function pointers); these are the few we
// use, under the kernel's names without "bpf_".
#pragma once

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

namespace turnout::bpf {

[[gnu::always_inline]] inline long skb_load_bytes_relative(const __sk_buff* packet, uint32_t offset,
                                                           void* to, uint32_t length,
                                                           uint32_t start_header) {
    using Helper = long (*)(const void*, uint32_t, void*, uint32_t, uint32_t);
    return reinterpret_cast<Helper>(BPF_FUNC_skb_load_bytes_relative)(packet, offset, to, length,
                                                                      start_header);
}

[[gnu::always_inline]] inline long skb_adjust_room(__sk_buff* packet, int32_t difference,
                                                   uint32_t mode, uint64_t flags) {
    using Helper = long (*)(__sk_buff*, int32_t, uint32_t, uint64_t);
    return reinterpret_cast<Helper>(BPF_FUNC_skb_adjust_room)(packet, difference, mode, flags);
}

}  // namespace turnout::bpf
