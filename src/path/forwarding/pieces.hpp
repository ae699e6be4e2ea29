// An IPv4 packet that is too large for its way and may be fragmented leaves in pieces (RFC 791,
// section 2.3): a tunnel's outer packet, or what came in, whole or itself a fragment.
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "path/forwarding/tunnel.hpp"
#include "wire/checksum.hpp"

namespace turnout {

// The most that is cut into pieces, behind the IP header; larger packets need larger interfaces
// than there are.
inline constexpr uint32_t most_in_pieces = 16384;

// The IP header of the piece that begins so many bytes into the payload of the whole.
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
    header.checksum = detail::header_checksum(header);
    return header;
}

// The outer header of a piece whose inner packet has so many bytes.
TURNOUT_INLINE Ipv4Header outer_of_piece(const Ipv4Header& whole, uint32_t number, uint32_t inner) {
    Ipv4Header header = whole;
    header.id = to_be(static_cast<uint16_t>(to_host(whole.id) + number));
    header.total_length = to_be(static_cast<uint16_t>(sizeof header + inner));
    header.checksum = detail::header_checksum(header);
    return header;
}

// Payload of every piece but the last.
TURNOUT_INLINE uint32_t piece_size(uint32_t mtu) {
    return (mtu - static_cast<uint32_t>(sizeof(Ipv4Header))) & ~7u;
}

}  // namespace turnout
