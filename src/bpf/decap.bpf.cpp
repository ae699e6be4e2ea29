// A real server's end of an IP-in-IP tunnel, for kernels without the ipip device.
//
// At tc ingress: a packet whose inner destination is the virtual address loses its outer header and
// goes on to the stack as if it had come by direct routing.  Everything else passes untouched, also
// fragments of tunnel packets, which the stack does not reassemble before this hook.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include "bpf/helpers.hpp"

using namespace turnout::bpf;

// Filled in by the loader, in network order: one program per virtual address.
extern "C" const volatile uint32_t virtual_address = 0;

static constexpr uint16_t more_fragments_or_offset = 0x3fff;

static bool load_ipv4(const __sk_buff* packet, uint32_t offset, iphdr& header) {
    return skb_load_bytes_relative(packet, offset, &header, sizeof header, BPF_HDR_START_NET) == 0;
}

static bool is_tunnel_packet(const iphdr& outer) {
    return outer.version == 4 && outer.ihl >= 5 && outer.protocol == IPPROTO_IPIP &&
           (outer.frag_off & __builtin_bswap16(more_fragments_or_offset)) == 0;
}

extern "C" [[gnu::section("tc"), gnu::used]] int turnout_decap(__sk_buff* packet) {
    if (packet->pkt_type != PACKET_HOST) return TC_ACT_UNSPEC;
    if (packet->protocol != __builtin_bswap16(ETH_P_IP)) return TC_ACT_UNSPEC;

    iphdr outer = {};
    if (!load_ipv4(packet, 0, outer) || !is_tunnel_packet(outer)) return TC_ACT_UNSPEC;
    const uint32_t outer_length = outer.ihl * 4u;

    iphdr inner = {};
    if (!load_ipv4(packet, outer_length, inner)) return TC_ACT_UNSPEC;
    if (inner.version != 4 || inner.daddr != virtual_address) return TC_ACT_UNSPEC;

    // The segments of a super-packet keep their size: they were cut for the inner packet.
    skb_adjust_room(packet, -static_cast<int32_t>(outer_length), BPF_ADJ_ROOM_MAC,
                    BPF_F_ADJ_ROOM_FIXED_GSO);
    return TC_ACT_UNSPEC;
}

extern "C" [[gnu::section("license"), gnu::used]] const char decap_license[] = "Dual MIT/GPL";
