// Replaces bytes of a segment's payload by others, of which there may be more or fewer, and makes
// lengths and checksums good.
#pragma once

#include <stdint.h>

#include "abi/pseudo_header.hpp"
#include "path/env.hpp"
#include "path/helpers/ftp_control.hpp"
#include "wire/checksum.hpp"

namespace turnout {

namespace detail {

// Writes the IP header's length, and gives what it was; 0: there is no header.
template <Environment Env>
TURNOUT_INLINE uint32_t lengthen_ipv4(Env& env, uint32_t by) {
    auto* ip = header_at<Ipv4Header>(env.window(), ip_offset);
    if (!ip) return 0;
    const be16 before = ip->total_length;
    ip->total_length = to_be(static_cast<uint16_t>(to_host(before) + by));
    ip->checksum = updated(ip->checksum, difference(before, ip->total_length));
    return to_host(before);
}
template <Environment Env>
TURNOUT_INLINE uint32_t lengthen_ipv6(Env& env, uint32_t by) {
    auto* ip = header_at<Ipv6Header>(env.window(), ip_offset);
    if (!ip) return 0;
    const be16 before = ip->payload_length;
    ip->payload_length = to_be(static_cast<uint16_t>(to_host(before) + by));
    return static_cast<uint32_t>(sizeof *ip) + to_host(before);
}

template <Environment Env>
TURNOUT_INLINE uint32_t lengthen_ip(Env& env, const Packet& packet, uint32_t by) {
    return packet.family == abi::Family::ipv6 ? lengthen_ipv6(env, by) : lengthen_ipv4(env, by);
}

}  // namespace detail

// The `index`-th splice in `room`.  Gives the packet's new length; 0: it cannot be used any more.
template <Environment Env>
TURNOUT_INLINE uint32_t splice(Env& env, const Packet& packet, Location location,
                               const Opening& room, uint32_t index) {
    const Splice& what = room.splice[index < most_splices ? index : 0];
    const abi::FtpControl* control = env.ftp_control(location);
    TcpHeader tcp;
    if (!control || !detail::read_tcp(env, packet, tcp)) return 0;
    const uint32_t by = what.inserted - what.removed;
    const uint32_t length = detail::lengthen_ip(env, packet, by);
    const uint32_t end = ip_offset + length;
    const uint32_t offset = packet.transport_offset + header_length(tcp) + what.offset;
    if (!length || offset + what.removed > end) return 0;

    const uint64_t before = env.sum(offset, end - offset);
    const abi::AddressText& text = what.virtual_one ? control->virtual_text : control->server_text;
    if (!env.replace(offset, what.removed, text, what.inserted, end)) return 0;
    const uint64_t after = env.sum(offset, end + by - offset);

    const uint32_t transport = end - packet.transport_offset;
    const uint64_t pseudo = difference(to_be(static_cast<uint16_t>(transport)),
                                       to_be(static_cast<uint16_t>(transport + by)));
    const uint16_t added = fold(static_cast<uint16_t>(~fold(before)) + after);
    const bool odd = (offset - packet.transport_offset) & 1;
    const uint32_t checksum = packet.transport_offset + checksum_field(packet.protocol);
    const bool amended =
        env.amend_checksum(checksum, pseudo, odd ? swap_bytes(added) : added, false);
    return amended ? length + by : 0;
}

}  // namespace turnout
