// Outer packets that come in fragments: the one that makes them whole becomes the whole.
//
// The others are copied and dropped.  When the first one comes first, as it should, it shows
// whether the packet inside is for the virtual address, and what is not passes.  When others come
// before it, the stack gets in one piece what turns out to be none of ours.
#pragma once

#include <stdint.h>

#include "bpf/decap/datagrams.hpp"
#include "bpf/decap/ecn.hpp"
#include "bpf/decap/settings.hpp"
#include "bpf/decap/tunnel.hpp"

namespace turnout::bpf::decap {

enum class Joined : uint32_t {
    passes,   // untouched
    taken,    // copied
    refused,  // of no use
    whole,    // the packet is in one piece now
};

// A fragment and what its packet seems to be: too much for the stack.
struct Puzzle {
    Fragment fragment;
    Ip whole, inner;
    Tunnel tunnel;
};
struct PuzzleMap {
    int (*type)[BPF_MAP_TYPE_PERCPU_ARRAY];
    uint32_t* key;
    Puzzle* value;
    int (*max_entries)[1];
};

extern "C" {
extern PuzzleMap to_puzzle;
[[gnu::section(".maps"), gnu::used]] PuzzleMap to_puzzle;
}

// This CPU's.
TURNOUT_INLINE Puzzle* puzzle() {
    const uint32_t row = 0;
    return static_cast<Puzzle*>(map_lookup_elem(&to_puzzle, &row));
}

TURNOUT_INLINE bool may_be_tunnel(const Fragment& fragment, be16 gue_port) {
    return family_of(fragment.protocol) != abi::Family::none ||
           is(fragment.protocol, IpProtocol::gre) ||
           (is(fragment.protocol, IpProtocol::udp) && !(gue_port == be16{0}));
}

// Is the packet inside for the virtual address?  The first fragment tells, though lengths go beyond
// its end.
TURNOUT_INLINE bool is_ours(const __sk_buff* packet, const Ip& outer, Puzzle& room, be16 gue_port) {
    auto& [fragment, whole, inner, tunnel] = room;
    whole = outer;
    whole.protocol = fragment.protocol;
    whole.payload = fragment.payload;
    whole.end = fragment.payload + longest_datagram;
    return read_tunnel(packet, whole, gue_port, tunnel) &&
           read_ip(packet, tunnel.family, tunnel.inner, tunnel.end, inner) &&
           is_virtual_address(inner.family, inner.destination);
}

TURNOUT_INLINE bool copy_fragment(const __sk_buff* packet, const Fragment& fragment,
                                  Datagram& row) {
    const uint32_t size = bounded(fragment.size, power_above_longest);
    uint8_t* const place = row.byte + (fragment.offset & (power_above_longest - 1));
    return skb_load_bytes(packet, ETH_HLEN + fragment.payload, place, size) == 0;
}

// What the whole packet says of congestion (RFC 3168, section 5.3); ecn::dropped: it must be.
TURNOUT_INLINE uint16_t congestion_of_whole(const Datagram& row, uint16_t own) {
    const bool congested = row.congestion >> ecn::congested & 1;
    const bool incapable = row.congestion >> ecn::not_capable & 1;
    if (!congested) return own;
    return incapable ? ecn::dropped : ecn::congested;
}

TURNOUT_INLINE bool write_ipv4_header(__sk_buff* packet, uint32_t total, be16 start) {
    Ipv4Header header = {};
    if (!read(packet, 0, header)) return false;
    header.tos = static_cast<uint8_t>(to_host(start));
    header.total_length = to_be(static_cast<uint16_t>(sizeof header + total));
    header.fragment.raw &= ipv4_fragment::dont.raw;
    header.checksum = header_checksum(header);
    return write(packet, 0, header);
}

TURNOUT_INLINE bool write_ipv6_header(__sk_buff* packet, uint32_t total, be16 start,
                                      uint8_t protocol) {
    const be16 length = to_be(static_cast<uint16_t>(total));
    return write(packet, 0, start) &&
           write(packet, __builtin_offsetof(Ipv6Header, payload_length), length) &&
           write(packet, __builtin_offsetof(Ipv6Header, next_header), protocol);
}

TURNOUT_INLINE bool make_whole(__sk_buff* packet, const Ip& outer, const Fragment& fragment,
                               const Datagram& row) {
    be16 start = {};
    if (!read(packet, 0, start)) return false;
    const uint16_t congestion = congestion_of_whole(row, ecn_of(start, outer));
    if (congestion == ecn::dropped) return false;
    start = with_ecn(start, outer, congestion);
    const bool ipv4 = outer.family == abi::Family::ipv4;
    const uint32_t header = ipv4 ? sizeof(Ipv4Header) : sizeof(Ipv6Header);
    const uint32_t total = bounded(row.total, power_above_longest);
    return skb_change_tail(packet, ETH_HLEN + header + total, 0) == 0 &&
           (ipv4 ? write_ipv4_header(packet, total, start)
                 : write_ipv6_header(packet, total, start, fragment.protocol)) &&
           skb_store_bytes(packet, ETH_HLEN + header, row.byte, total, BPF_F_RECOMPUTE_CSUM) == 0;
}

TURNOUT_INLINE Joined give_up(Datagram& row, Fate fate, abi::Reassembly why) {
    count(why);
    let_go(row, fate);
    return Joined::refused;
}

// For a fragment that is for this host.
TURNOUT_INLINE Joined join(__sk_buff* packet, const Ip& outer, Puzzle& room, be16 gue_port) {
    const Fragment& fragment = room.fragment;
    be16 start = {};
    if (!read(packet, 0, start)) return Joined::passes;
    const bool ours = fragment.offset == 0 && is_ours(packet, outer, room, gue_port);
    Datagram* const row = find_datagram(fragment.key, abi::tick_of_ns(ktime_get_coarse_ns()));
    if (!row) return Joined::passes;
    switch (reserve(*row, fragment, ecn_of(start, outer), ours)) {
        case Place::reserved:
            break;
        case Place::foreign:
            let_go(*row, Fate::foreign);
            return Joined::passes;
        case Place::excess:
            return give_up(*row, Fate::foreign, abi::Reassembly::excess);
        case Place::refused:
            return give_up(*row, Fate::free, abi::Reassembly::refused);
    }
    if (!copy_fragment(packet, fragment, *row))
        return give_up(*row, Fate::free, abi::Reassembly::refused);
    if (!arrived(*row, fragment.size)) return Joined::taken;
    if (!make_whole(packet, outer, fragment, *row))
        return give_up(*row, Fate::free, abi::Reassembly::refused);
    count(abi::Reassembly::whole);
    let_go(*row, Fate::free);
    return Joined::whole;
}

}  // namespace turnout::bpf::decap
