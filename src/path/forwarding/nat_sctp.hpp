// NAT of SCTP to another port: the checksum is amended.
//
// It covers the whole packet from the ports on, but no addresses.  One that is left to hardware is
// 0 and has to stay so: when the kernel computes it after all, it sums the field as it stands.
// Where the packet is several that travel as one, it is always left to whoever divides it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "path/env.hpp"
#include "wire/checksum.hpp"
#include "wire/crc32c.hpp"
#include "wire/sctp.hpp"

namespace turnout {

namespace detail {

// old ^ new of the four bytes that are both ports.
TURNOUT_INLINE uint32_t change_of_ports(Direction direction, const Rewrite& rewrite) {
    const uint32_t change =
        swap_bytes(static_cast<uint16_t>(to_host(rewrite.port_from) ^ to_host(rewrite.port_to)));
    return direction == Direction::reply ? change : change << 16;
}

// Notes the bytes that change: no checksum of the kind that hardware sums makes up for them.
template <class Env>
TURNOUT_INLINE void note_change(Env& env, const Rewrite& rewrite, le32 from, le32 to) {
    env.note_written(difference(rewrite.port_from, rewrite.port_to) +
                     difference(be32{from.raw}, be32{to.raw}));
}

}  // namespace detail

// See Environment::amend_sctp; rewrite_packet() of nat.hpp writes the port.  False for a fragment:
// how long the whole packet is, which a CRC must know, only the last one tells.
template <class Env>
TURNOUT_INLINE bool amend_sctp(Env& env, const Packet& packet, Direction direction,
                               const Rewrite& rewrite) {
    if (packet.part != Part::whole) return false;
    const auto* sctp = header_at<SctpHeader>(env.window(), packet.transport_offset);
    if (!sctp) return false;
    const le32 before = sctp->checksum;
    const auto field = static_cast<uint32_t>(offsetof(SctpHeader, checksum));
    if (before.raw == 0 && env.is_left_to_hardware(packet.transport_offset + field)) return true;

    const uint32_t length = ip_offset + packet.ip_length - packet.transport_offset;
    const uint32_t change =
        crc32c::change_of_checksum(detail::change_of_ports(direction, rewrite), length);
    auto* amended = header_at<SctpHeader>(env.window(), packet.transport_offset);
    if (!amended) return false;
    amended->checksum = to_le(to_host(before) ^ change);
    detail::note_change(env, rewrite, before, amended->checksum);
    return true;
}

}  // namespace turnout
