// NAT: the packet's destination (request) or source (reply) is rewritten, address and port.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "path/find_connection.hpp"
#include "wire/checksum.hpp"

namespace turnout {

// One end of a packet before and after.
struct Rewrite {
    abi::Address from, to;
    be16 port_from, port_to;
};

namespace detail {

TURNOUT_INLINE uint64_t address_difference(const Rewrite& rewrite) {
    uint64_t sum = 0;
    for (int i = 0; i < 4; ++i) sum += difference(rewrite.from.word[i], rewrite.to.word[i]);
    return sum;
}

template <Environment Env>
TURNOUT_INLINE bool amend_transport(Env& env, const Packet& packet, const Rewrite& rewrite) {
    const bool udp = static_cast<IpProtocol>(packet.protocol) == IpProtocol::udp;
    const uint64_t field = udp ? offsetof(UdpHeader, checksum) : offsetof(TcpHeader, checksum);
    const uint32_t offset = packet.transport_offset + static_cast<uint32_t>(field);
    return env.amend_checksum(offset, address_difference(rewrite),
                              difference(rewrite.port_from, rewrite.port_to), udp);
}

TURNOUT_INLINE void replace(be32& field, be32 to, be16& checksum) {
    checksum = updated(checksum, difference(field, to));
    field = to;
}

template <Environment Env>
TURNOUT_INLINE bool replace_address(Env& env, const Window& window, const Packet& packet,
                                    Direction direction, const Rewrite& rewrite) {
    const bool request = direction == Direction::request;
    if (packet.family == abi::Family::ipv4) {
        auto* ip = header_at<Ipv4Header>(window, ip_offset);
        if (!ip) return false;
        replace(request ? ip->destination : ip->source, rewrite.to.word[0], ip->checksum);
        return true;
    }
    auto* ip = header_at<Ipv6Header>(window, ip_offset);
    if (!ip) return false;
    for (int i = 0; i < 4; ++i) (request ? ip->destination[i] : ip->source[i]) = rewrite.to.word[i];
    // The kernel takes it that a header checksum makes up for other addresses; IPv6 has none.
    env.note_written(address_difference(rewrite));
    return true;
}

}  // namespace detail

// False when the kernel refused; the packet must then be dropped.
template <Environment Env>
TURNOUT_INLINE bool rewrite_packet(Env& env, const Packet& packet, Direction direction,
                                   const Rewrite& rewrite) {
    if (!detail::amend_transport(env, packet, rewrite)) return false;
    const Window window = env.window();  // anew: amending may have moved the bytes
    if (!detail::replace_address(env, window, packet, direction, rewrite)) return false;
    auto* ports = header_at<Ports>(window, packet.transport_offset);
    if (!ports) return false;
    (direction == Direction::request ? ports->destination : ports->source) = rewrite.port_to;
    return true;
}

}  // namespace turnout
