// NAT: the packet's destination (request) or source (reply) is rewritten, address and port.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "path/env.hpp"
#include "wire/checksum.hpp"
#include "wire/ip.hpp"
#include "wire/transport.hpp"

namespace turnout {

namespace detail {

TURNOUT_INLINE uint64_t address_difference(abi::Family family, const Rewrite& rewrite) {
    uint64_t sum = difference(rewrite.from.word[0], rewrite.to.word[0]);
    if (family == abi::Family::ipv6)
        for (int i = 1; i < 4; ++i) sum += difference(rewrite.from.word[i], rewrite.to.word[i]);
    return sum;
}

template <Environment Env>
TURNOUT_INLINE bool amend_transport(Env& env, const Packet& packet, Direction direction,
                                    const Rewrite& rewrite) {
    if (static_cast<IpProtocol>(packet.protocol) == IpProtocol::sctp)
        // It covers no addresses.
        return rewrite.port_from == rewrite.port_to || env.amend_sctp(packet, direction, rewrite);
    const bool udp = static_cast<IpProtocol>(packet.protocol) == IpProtocol::udp;
    const uint32_t offset = packet.transport_offset + checksum_field(packet.protocol);
    return env.amend_checksum(offset, address_difference(packet.family, rewrite),
                              difference(rewrite.port_from, rewrite.port_to), udp);
}

// The source, or else the destination; what that adds to a sum.
TURNOUT_INLINE uint64_t set_address(Ipv4Header& ip, bool source, const abi::Address& to) {
    be32& field = source ? ip.source : ip.destination;
    const uint64_t change = difference(field, to.word[0]);
    ip.checksum = updated(ip.checksum, change);
    field = to.word[0];
    return change;
}
TURNOUT_INLINE uint64_t set_address(Ipv6Header& ip, bool source, const abi::Address& to) {
    uint64_t change = 0;
    for (int i = 0; i < 4; ++i) {
        be32& field = source ? ip.source[i] : ip.destination[i];
        change += difference(field, to.word[i]);
        field = to.word[i];
    }
    return change;
}

template <class Ip>
TURNOUT_INLINE bool set_address(const Window& window, uint32_t offset, bool source,
                                const abi::Address& to) {
    auto* ip = header_at<Ip>(window, offset);
    if (ip) set_address(*ip, source, to);
    return ip;
}

// In the IP header at `offset`; the source, or else the destination.
TURNOUT_INLINE bool replace_address(const Window& window, abi::Family family, uint32_t offset,
                                    bool source, const abi::Address& to) {
    return family == abi::Family::ipv4 ? set_address<Ipv4Header>(window, offset, source, to)
                                       : set_address<Ipv6Header>(window, offset, source, to);
}

}  // namespace detail

// False when the kernel refused; the packet must then be dropped.  A later fragment has no ports,
// and the checksum is in the first.
template <Environment Env>
TURNOUT_INLINE bool rewrite_packet(Env& env, const Packet& packet, Direction direction,
                                   const Rewrite& rewrite) {
    const bool reply = direction == Direction::reply;
    const bool has_ports = packet.part != Part::later;
    if (has_ports && !detail::amend_transport(env, packet, direction, rewrite)) return false;
    const Window window = env.window();  // anew: amending may have moved the bytes
    if (has_ports) {
        auto* ports = header_at<Ports>(window, packet.transport_offset);
        if (!ports) return false;
        (reply ? ports->source : ports->destination) = rewrite.port_to;
    }
    // The kernel takes it that a header checksum makes up for other addresses; IPv6 has none.
    if (packet.family == abi::Family::ipv6)
        env.note_written(detail::address_difference(packet.family, rewrite));
    return detail::replace_address(window, packet.family, ip_offset, reply, rewrite.to);
}

}  // namespace turnout
