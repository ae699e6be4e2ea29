// A packet that is too large for its way and may be fragmented leaves in pieces: an IPv4 packet
// that came in, whole or itself a fragment (RFC 791, section 2.3), or the outer packet of a tunnel
// around such a one, of either family (RFC 8200, section 4.5).
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "path/forwarding/tunnel.hpp"
#include "wire/checksum.hpp"

namespace turnout {

// The most that is cut into pieces, behind the IP header; larger packets need larger interfaces
// than there are.
inline constexpr uint32_t most_in_pieces = 16384;

// What stands before the payload of an IPv6 piece.
struct Ipv6Piece {
    Ipv6Header ip;
    Ipv6Fragment fragment;
};
static_assert(sizeof(Ipv6Piece) == 48);

TURNOUT_INLINE uint32_t piece_header_size(abi::Family family) {
    return family == abi::Family::ipv6 ? sizeof(Ipv6Piece) : sizeof(Ipv4Header);
}

// The headers of the piece that begins so many bytes into the payload of the whole.
TURNOUT_INLINE Ipv6Piece piece_header(const Ipv6Header& whole, be32 id, uint32_t offset,
                                      uint32_t size, bool last) {
    Ipv6Piece piece{whole, {}};
    piece.ip.payload_length = to_be(static_cast<uint16_t>(sizeof piece.fragment + size));
    piece.ip.next_header = static_cast<uint8_t>(IpProtocol::fragment);
    piece.fragment.next_header = whole.next_header;
    piece.fragment.offset_and_more = to_be(static_cast<uint16_t>(offset | (last ? 0u : 1u)));
    piece.fragment.id = id;
    return piece;
}
TURNOUT_INLINE Ipv4Header piece_header(const Ipv4Header& whole, uint32_t offset, uint32_t size,
                                       bool last) {
    Ipv4Header header = whole;
    const auto flags = static_cast<uint16_t>(
        (whole.fragment.raw & (ipv4_fragment::dont.raw | ipv4_fragment::more.raw)) |
        (last ? 0 : ipv4_fragment::more.raw));
    const uint32_t place = to_host(whole.fragment) + offset / 8;  // the flags do not carry over
    header.fragment.raw = static_cast<uint16_t>(
        (to_be(static_cast<uint16_t>(place)).raw & ipv4_fragment::offset.raw) | flags);
    header.total_length = to_be(static_cast<uint16_t>(sizeof header + size));
    header.checksum = header_checksum(header);
    return header;
}

// The outer header of a piece whose inner packet has so many bytes.
TURNOUT_INLINE Ipv4Header outer_of_piece(const Ipv4Header& whole, uint32_t number, uint32_t inner) {
    Ipv4Header header = whole;
    header.id = to_be(static_cast<uint16_t>(to_host(whole.id) + number));
    header.total_length = to_be(static_cast<uint16_t>(sizeof header + inner));
    header.checksum = header_checksum(header);
    return header;
}

// Payload of every piece but the last.
TURNOUT_INLINE uint32_t piece_size(abi::Family family, uint32_t mtu) {
    return (mtu - piece_header_size(family)) & ~7u;
}

}  // namespace turnout
