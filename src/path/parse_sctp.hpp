// What an SCTP packet is: its ports, and the chunk that decides what it does to its connection.
//
// That is the first, as in IPVS.  But where a cookie stands first, an ABORT behind it decides:
// control chunks may be bundled with an ABORT, and stand before it (RFC 9260, section 3.3.7).
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "path/packet.hpp"
#include "wire/sctp.hpp"

namespace turnout {

TURNOUT_INLINE bool has_chunk(const Packet& packet, SctpChunk chunk) {
    return static_cast<IpProtocol>(packet.protocol) == IpProtocol::sctp && !is_icmp_error(packet) &&
           static_cast<SctpChunk>(packet.sctp_chunk) == chunk;
}

TURNOUT_INLINE bool is_init(const Packet& packet) {
    return has_chunk(packet, SctpChunk::init);
}

namespace detail {

TURNOUT_INLINE bool has_chunk_at(const Packet& packet, uint32_t offset) {
    return offset + sizeof(SctpChunkHeader) <= ip_offset + packet.ip_length;
}

// Where the chunk behind the one at `offset` begins; 0 if that is none.
template <class Env>
TURNOUT_INLINE uint32_t next_chunk(Env& env, uint32_t offset) {
    uint8_t high = 0, low = 0;
    if (!env.byte(offset + 2, high) || !env.byte(offset + 3, low)) return 0;
    const uint32_t length = static_cast<uint32_t>(high) << 8 | low;
    return length < sizeof(SctpChunkHeader) ? 0 : offset + ((length + 3) & ~3u);
}

template <class Env>
TURNOUT_INLINE bool read_chunk(Env& env, Packet& packet, uint32_t offset) {
    if (!env.byte(offset, packet.sctp_chunk)) return false;
    const auto first = static_cast<SctpChunk>(packet.sctp_chunk);
    if (first != SctpChunk::cookie_echo && first != SctpChunk::cookie_ack) return true;
    uint8_t second = 0;
    const uint32_t next = next_chunk(env, offset);
    if (next && has_chunk_at(packet, next) && env.byte(next, second) &&
        static_cast<SctpChunk>(second) == SctpChunk::abort)
        packet.sctp_chunk = second;
    return true;
}

}  // namespace detail

// The rest of parse(), for what came out to be SCTP; see Environment::parse_sctp.  False when there
// is no chunk.
template <class Env>
TURNOUT_INLINE bool parse_sctp(Env& env, Packet& packet) {
    const auto* sctp = header_at<SctpHeader>(env.window(), packet.transport_offset);
    if (!sctp) return false;
    packet.source_port = sctp->ports.source;
    packet.destination_port = sctp->ports.destination;
    const uint32_t chunk = packet.transport_offset + static_cast<uint32_t>(sizeof *sctp);
    return detail::has_chunk_at(packet, chunk) && detail::read_chunk(env, packet, chunk);
}

}  // namespace turnout
