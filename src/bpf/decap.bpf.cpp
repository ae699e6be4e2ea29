// A real server's end of a director's tunnel: IP in IP, GRE and GUE, IPv4 and IPv6 in either.
//
// At tc ingress: a packet whose inner destination is the virtual address loses all that is around
// it and goes on to the stack as if it had come by direct routing.  Everything else passes
// untouched.  The stack puts fragments together only after this hook, so those of tunnel packets
// are put together here.
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include "bpf/decap/ecn.hpp"
#include "bpf/decap/put_together.hpp"
#include "bpf/decap/remote_checksum.hpp"
#include "bpf/decap/settings.hpp"

using namespace turnout;
using namespace turnout::bpf;
using namespace turnout::bpf::decap;

TURNOUT_INLINE bool read_outer(const __sk_buff* packet, Ip& outer) {
    if (packet->pkt_type != PACKET_HOST) return false;
    const be16 type = {static_cast<uint16_t>(packet->protocol)};
    const abi::Family family = family_of(type);
    return family != abi::Family::none && read_ip(packet, family, 0, length_of(packet), outer);
}

// Of a super-packet that was gathered from several tunnel packets only the first has its outer
// header here: then the inner packet ends before the outer one does.
TURNOUT_INLINE bool is_one_packet(const __sk_buff* packet, const Ip& inner, const Tunnel& tunnel) {
    return packet->gso_size == 0 || inner.end == tunnel.end;
}

// A host may forward tunnel packets to other servers of the same virtual address.
TURNOUT_INLINE bool is_for_this_host(__sk_buff* packet, const Ip& outer) {
    bpf_fib_lookup route = {};
    route.family = static_cast<uint8_t>(outer.family);
    route.l4_protocol = outer.protocol;
    route.ifindex = packet->ifindex;
    for (int i = 0; i < 4; ++i) {
        route.ipv6_src[i] = outer.source.word[i].raw;
        route.ipv6_dst[i] = outer.destination.word[i].raw;
    }
    const long answer = fib_lookup(packet, &route, sizeof route, 0);
    return answer == BPF_FIB_LKUP_RET_NOT_FWDED || answer == BPF_FIB_LKUP_RET_FWD_DISABLED;
}

// The stack goes by the packet's own note of its family, which changes only with the header's
// length: from 20 to 40 bytes or back.  What is then too much or too little is part of what is
// taken off anyway.
TURNOUT_INLINE bool change_family(__sk_buff* packet, abi::Family family) {
    const auto type = family == abi::Family::ipv4 ? EtherType::ipv4 : EtherType::ipv6;
    const be16 field = to_be(static_cast<uint16_t>(type));
    return skb_change_proto(packet, field.raw, 0) == 0 &&
           skb_store_bytes(packet, __builtin_offsetof(ethhdr, h_proto), &field, sizeof field, 0) ==
               0;
}

static constexpr int32_t family_difference = sizeof(Ipv6Header) - sizeof(Ipv4Header);

TURNOUT_INLINE bool take_off(__sk_buff* packet, const Ip& outer, const Ip& inner) {
    auto length = static_cast<int32_t>(inner.begin);
    if (outer.family != inner.family) {
        if (!change_family(packet, inner.family)) return false;
        length += inner.family == abi::Family::ipv6 ? family_difference : -family_difference;
    }
    // The segments of a super-packet keep their size: they were cut for the inner packet.
    return skb_adjust_room(packet, -length, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_FIXED_GSO) == 0;
}

[[gnu::noinline]] static Joined put_together(__sk_buff* packet, const Ip* outer) {
    const be16 gue_port = {settings.number.raw};
    Puzzle* const room = puzzle();
    if (!room || !read_fragment(packet, *outer, room->fragment) ||
        !may_be_tunnel(room->fragment, gue_port) || !is_for_this_host(packet, *outer))
        return Joined::passes;
    return join(packet, *outer, *room, gue_port);
}

// False: the packet's way ends here, or it is a fragment that passes.
TURNOUT_INLINE bool is_in_one_piece(__sk_buff* packet, Ip& outer, int& action) {
    if (!outer.is_part) return true;
    const Joined joined = put_together(packet, &outer);
    if (joined == Joined::taken || joined == Joined::refused) action = TC_ACT_SHOT;
    return joined == Joined::whole && read_outer(packet, outer) && !outer.is_part;
}

extern "C" [[gnu::section("tc"), gnu::used]] int turnout_decap(__sk_buff* packet) {
    Ip outer = {};
    Ip inner = {};
    Tunnel tunnel = {};
    int action = TC_ACT_UNSPEC;
    if (!read_outer(packet, outer) || !is_in_one_piece(packet, outer, action)) return action;
    if (!read_tunnel(packet, outer, {settings.number.raw}, tunnel)) return TC_ACT_UNSPEC;
    if (!read_ip(packet, tunnel.family, tunnel.inner, tunnel.end, inner)) return TC_ACT_UNSPEC;
    if (!is_virtual_address(inner.family, inner.destination)) return TC_ACT_UNSPEC;
    if (!is_one_packet(packet, inner, tunnel)) return TC_ACT_UNSPEC;
    if (!has_valid_checksum(packet, outer)) return TC_ACT_UNSPEC;
    if (!is_for_this_host(packet, outer)) return TC_ACT_UNSPEC;

    if (tunnel.checksum.wanted && !fill_in_checksum(packet, outer, inner, tunnel))
        return TC_ACT_SHOT;
    if (!hand_on_congestion(packet, outer, inner)) return TC_ACT_SHOT;
    return take_off(packet, outer, inner) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

extern "C" [[gnu::section("license"), gnu::used]] const char decap_license[] = "Dual MIT/GPL";
