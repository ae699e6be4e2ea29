// GUE's remote checksum offload: fills in the inner transport checksum that the sender left to us.
//
// Once it is filled in, nothing would tell that the packet was damaged on its way, so the outer UDP
// checksum is verified first, if there is one.
#pragma once

#include <stdint.h>

#include "bpf/decap/tunnel.hpp"

namespace turnout::bpf::decap {

TURNOUT_INLINE uint64_t sum_of(const abi::Address& address) {
    return uint64_t{address.word[0].raw} + address.word[1].raw + address.word[2].raw +
           address.word[3].raw;
}

TURNOUT_INLINE uint64_t pseudo_header(const Ip& outer, be16 length) {
    return sum_of(outer.source) + sum_of(outer.destination) + length.raw +
           to_be(static_cast<uint16_t>(IpProtocol::udp)).raw;
}

// `covered`: the sum over the UDP header and all that it covers.  A sender on this very machine may
// have left the outer checksum to a network card, which was never there: then the field holds just
// the pseudo-header's sum.
TURNOUT_INLINE bool is_undamaged(const Ip& outer, const UdpHeader& udp, uint64_t covered) {
    const uint64_t pseudo = pseudo_header(outer, udp.length);
    return udp.checksum == be16{0} || udp.checksum.raw == fold(pseudo) ||
           fold(pseudo + fold(covered)) == 0xffff;
}

// Sums of pieces add up only where a piece of even length begins them.
TURNOUT_INLINE bool is_sound(const Ip& outer, const Ip& inner, const Tunnel& tunnel) {
    const auto& [wanted, start, field] = tunnel.checksum;
    return inner.end == tunnel.end && start >= inner.payload && start <= field &&
           field + sizeof(be16) <= inner.end && (start - outer.payload) % 2 == 0;
}

// False: damaged or malformed.  A super-packet's checksum stays with whoever cuts it to pieces: it
// came from this machine, and the stack knows.
TURNOUT_INLINE bool fill_in_checksum(__sk_buff* packet, const Ip& outer, const Ip& inner,
                                     const Tunnel& tunnel) {
    if (packet->gso_size != 0) return true;
    UdpHeader udp = {};
    if (!is_sound(outer, inner, tunnel) || !read(packet, outer.payload, udp)) return false;
    uint64_t head = 0;
    uint64_t body = 0;
    if (!sum_up(packet, outer.payload, tunnel.checksum.start, head) ||
        !sum_up(packet, tunnel.checksum.start, inner.end, body) ||
        !is_undamaged(outer, udp, head + body))
        return false;
    const auto checksum = static_cast<uint16_t>(~fold(body));
    return write(packet, tunnel.checksum.field, be16{checksum == 0 ? uint16_t{0xffff} : checksum});
}

}  // namespace turnout::bpf::decap
