// Packets that leave in pieces: the payload is copied out, and the one packet that there is made
// into each of the pieces in turn; copies of it are sent, the last one remains.
#pragma once

#include "bpf/summing.hpp"
#include "bpf/tables_env.hpp"
#include "path/forwarding/pieces.hpp"

namespace turnout::bpf {

inline constexpr uint32_t longest_cut = 8192;

// The whole, as its pieces need to know it.
struct Cut {
    __sk_buff* packet;
    uint32_t offset;     // of its header in the frame
    uint32_t payload;    // bytes
    uint32_t size;       // of each piece's but the last
    uint32_t interface;  // 0: the pieces before the last are not sent
    be32 id;             // IPv6: the pieces'
    abi::Family family;
    abi::Family outer;  // of the header of a tunnel that stands before, or none
    uint32_t complete;  // 1: the last piece is made
};

TURNOUT_INLINE bool write_outer(const Cut& cut, Payload& room, uint32_t number, uint32_t inner) {
    if (cut.outer == abi::Family::none) return true;
    if (cut.outer == abi::Family::ipv4) {
        room.outer_piece = outer_of_piece(room.outer_ipv4, number, inner);
        return skb_store_bytes(cut.packet, ip_offset, &room.outer_piece, sizeof room.outer_piece,
                               0) == 0;
    }
    room.outer_ipv6.payload_length = to_be(static_cast<uint16_t>(inner));
    return skb_store_bytes(cut.packet, ip_offset, &room.outer_ipv6, sizeof room.outer_ipv6, 0) == 0;
}

TURNOUT_INLINE bool write_header(const Cut& cut, Payload& room, uint32_t from, uint32_t size,
                                 bool last) {
    if (cut.family == abi::Family::ipv6) {
        room.piece_ipv6 = piece_header(room.header_ipv6, cut.id, from, size, last);
        return skb_store_bytes(cut.packet, cut.offset, &room.piece_ipv6, sizeof room.piece_ipv6,
                               0) == 0;
    }
    room.piece = piece_header(room.header, from, size, last);
    return skb_store_bytes(cut.packet, cut.offset, &room.piece, sizeof room.piece, 0) == 0;
}

// The kernel leaves no packet shorter than up to its transport header, as it knows that: behind a
// short piece there is padding then.
TURNOUT_INLINE bool make_long(__sk_buff* packet, uint32_t bytes) {
    constexpr uint32_t padding = 128;
    return skb_change_tail(packet, bytes, 0) == 0 ||
           skb_change_tail(packet, bytes + padding, 0) == 0;
}

// Makes the packet a piece, and sends a copy of it unless it is the last.
TURNOUT_INLINE long cut_one(uint32_t step, Cut& cut) {
    auto* payload = row_of<Payload>(to_payloads, 0u);
    const uint32_t from = step * cut.size;
    if (!payload || from >= cut.payload) return 1;
    const uint32_t left = cut.payload - from;
    const bool last = left <= cut.size;
    const uint32_t size = bounded(last ? left : cut.size, longest_cut);
    const uint32_t header_size = piece_header_size(cut.family);
    const uint32_t behind = cut.offset + header_size;
    if (!make_long(cut.packet, behind + size) || !write_header(cut, *payload, from, size, last) ||
        skb_store_bytes(cut.packet, behind, payload->byte + (from & (most_in_pieces - 1)), size,
                        0) ||
        !write_outer(cut, *payload, step, header_size + size))
        return 1;
    if (!last && cut.interface) clone_redirect(cut.packet, cut.interface, 0);
    if (last) cut.complete = 1;
    return last;
}

// Copies the header out.
TURNOUT_INLINE bool copy_header(__sk_buff* packet, Payload& room, Cut& cut) {
    uint8_t version = 0;
    if (skb_load_bytes(packet, cut.offset, &version, sizeof version)) return false;
    if (version >> 4 == 6) {
        cut.family = abi::Family::ipv6;
        if (skb_load_bytes(packet, cut.offset, &room.header_ipv6, sizeof room.header_ipv6))
            return false;
        cut.payload = to_host(room.header_ipv6.payload_length);
        return true;
    }
    cut.family = abi::Family::ipv4;
    if (skb_load_bytes(packet, cut.offset, &room.header, sizeof room.header)) return false;
    cut.payload = to_host(room.header.total_length) - static_cast<uint32_t>(sizeof room.header);
    return true;
}

// Copies headers and payload out.
TURNOUT_INLINE bool copy_out(__sk_buff* packet, Payload& room, Cut& cut) {
    if (cut.outer == abi::Family::ipv4 &&
        skb_load_bytes(packet, ip_offset, &room.outer_ipv4, sizeof room.outer_ipv4))
        return false;
    if (cut.outer == abi::Family::ipv6 &&
        skb_load_bytes(packet, ip_offset, &room.outer_ipv6, sizeof room.outer_ipv6))
        return false;
    cut.offset = ip_offset + (cut.outer == abi::Family::none ? 0u : ip_header_size(cut.outer));
    if (!copy_header(packet, room, cut)) return false;
    if (cut.payload == 0 || cut.payload > most_in_pieces) return false;
    cut.payload = bounded(cut.payload, most_in_pieces);
    return skb_load_bytes(packet, cut.offset + ip_header_size(cut.family), room.byte,
                          cut.payload) == 0;
}

// Fills the transport checksum in, and has the kernel forget that it was left to the hardware: it
// does when the headers that it stands behind are taken off.
TURNOUT_INLINE bool complete_checksum(__sk_buff* packet, Payload& payload, uint8_t protocol,
                                      uint64_t sum) {
    constexpr uint32_t headers = 96;  // more than both IP headers and the transport's
    const bool udp = static_cast<IpProtocol>(protocol) == IpProtocol::udp;
    auto checksum = static_cast<uint16_t>(~fold(sum));
    if (udp && checksum == 0) checksum = 0xffff;
    *reinterpret_cast<uint16_t*>(payload.byte + checksum_field(protocol)) = checksum;
    return skb_adjust_room(packet, -static_cast<int32_t>(headers), BPF_ADJ_ROOM_MAC, 0) == 0 &&
           skb_adjust_room(packet, headers, BPF_ADJ_ROOM_MAC, 0) == 0;
}

// See Environment::send_in_pieces; the callbacks call sum_piece() and cut_one().
TURNOUT_INLINE bool send_in_pieces(__sk_buff* packet, uint32_t mtu, const abi::Neighbour* to,
                                   abi::Family tunnel, uint8_t unsummed,
                                   long (*sum_step)(uint32_t, Summing*),
                                   long (*cut_step)(uint32_t, Cut*)) {
    auto* payload = row_of<Payload>(to_payloads, 0u);
    Cut cut{};
    cut.packet = packet;
    cut.outer = tunnel;
    if (!payload || !copy_out(packet, *payload, cut)) return false;
    cut.size = piece_size(cut.family, mtu);
    if (cut.size > longest_cut) cut.size = longest_cut;
    if (cut.size == 0) return false;
    cut.id.raw = get_prandom_u32();
    if (unsummed) {
        const uint32_t transport = cut.offset + static_cast<uint32_t>(sizeof payload->header);
        const uint64_t sum = sum_up(packet, transport, cut.payload, sum_step);
        if (!complete_checksum(packet, *payload, unsummed, sum)) return false;
    }
    if (to) {
        cut.interface = to->interface;
        const EthernetHeader ethernet{
            to->destination, to->source,
            ether_type_of(tunnel == abi::Family::none ? cut.family : tunnel)};
        if (skb_store_bytes(packet, 0, &ethernet, sizeof ethernet, 0)) return false;
    }
    cut.complete = forgotten(0, packet->len);
    loop(most_in_pieces / 8, cut_step, &cut);
    return cut.complete != 0;
}

}  // namespace turnout::bpf
