// ICMP errors of our own: a packet comes back to its sender as an error about itself, as IPVS has
// the kernel send them (RFC 792, RFC 4443): to a client from the service's address, to a server
// from the director's.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "abi/pseudo_header.hpp"
#include "path/env.hpp"
#include "path/forwarding/take_hop.hpp"
#include "path/forwarding/tunnel.hpp"
#include "wire/checksum.hpp"
#include "wire/icmp.hpp"
#include "wire/sctp.hpp"
#include "wire/transport.hpp"

namespace turnout {

TURNOUT_INLINE IcmpError too_big(abi::Family family, uint32_t mtu) {
    if (family == abi::Family::ipv6) return {icmpv6_type::packet_too_big, 0, mtu};
    return {icmp_type::destination_unreachable, icmp_code::fragmentation_needed, mtu};
}

TURNOUT_INLINE IcmpError time_exceeded(abi::Family family) {
    const bool ipv6 = family == abi::Family::ipv6;
    return {ipv6 ? icmpv6_type::time_exceeded : icmp_type::time_exceeded, 0, 0};
}

TURNOUT_INLINE IcmpError port_unreachable(abi::Family family) {
    if (family == abi::Family::ipv6)
        return {icmpv6_type::destination_unreachable, icmpv6_code::port_unreachable, 0};
    return {icmp_type::destination_unreachable, icmp_code::port_unreachable, 0};
}

namespace detail {

// An error is no larger than what every host takes (RFC 1812, section 4.3.2.3; RFC 4443, 2.4 c).
inline constexpr uint32_t largest_error = 576, largest_error_ipv6 = 1280;

TURNOUT_INLINE bool is_sctp(const Packet& packet) {
    return static_cast<IpProtocol>(packet.protocol) == IpProtocol::sctp;
}

// An error cannot be made of an SCTP packet whose checksum is left to the hardware: it would be
// filled in where the packet is quoted, and nobody can tell now what it will be.
template <class Env>
TURNOUT_INLINE bool is_unfinished_sctp(Env& env, const Packet& packet) {
    if (packet.part != Part::whole || is_icmp_error(packet) || !is_sctp(packet)) return false;
    const auto* sctp = header_at<SctpHeader>(env.window(), packet.transport_offset);
    return sctp && sctp->checksum.raw == 0;
}

// A transport checksum that is left to the hardware holds the sum of the pseudo header so far. When
// it is filled in, everything from the transport header on will add up to its complement.
template <class Env>
TURNOUT_INLINE bool is_left_to_hardware(Env& env, const Packet& packet, be16& so_far) {
    if (is_sctp(packet)) return false;
    const auto* field =
        header_at<be16>(env.window(), packet.transport_offset + checksum_field(packet.protocol));
    if (!field) return false;
    const uint32_t length = ip_offset + packet.ip_length - packet.transport_offset;
    so_far = *field;
    return so_far.raw ==
           fold(pseudo_sum(packet.source, packet.destination, packet.protocol, length));
}

// The sum of the first bytes of the packet, which is what an error quotes, as they will leave.
template <class Env>
TURNOUT_INLINE uint64_t quoted_sum(Env& env, const Packet& packet, uint32_t bytes) {
    be16 so_far{};
    const bool plain = packet.part != Part::whole || is_icmp_error(packet) || is_sctp(packet);
    if (plain || !is_left_to_hardware(env, packet, so_far)) return env.sum(ip_offset, bytes);
    return env.sum(ip_offset, packet.transport_offset - ip_offset) +
           static_cast<uint16_t>(~so_far.raw);
}

TURNOUT_INLINE bool write_ipv4(const Window& window, const Packet& packet, const abi::Address& from,
                               uint32_t length, uint16_t id) {
    constexpr uint8_t internetwork_control = 0xc0;  // precedence, RFC 1812, section 4.3.2.5
    auto* ip = header_at<Ipv4Header>(window, ip_offset);
    if (!ip) return false;
    Ipv4Header header{};
    header.version_and_length = 0x45;
    header.tos = static_cast<uint8_t>((packet.tos & 0x1e) | internetwork_control);
    header.total_length = to_be(static_cast<uint16_t>(length));
    header.id.raw = id;
    header.ttl = own_ttl;
    header.protocol = static_cast<uint8_t>(IpProtocol::icmp);
    header.source = from.word[0];
    header.destination = packet.source.word[0];
    header.checksum = header_checksum(header);
    *ip = header;
    return true;
}

TURNOUT_INLINE bool write_ipv6(const Window& window, const Packet& packet, const abi::Address& from,
                               uint32_t length) {
    auto* ip = header_at<Ipv6Header>(window, ip_offset);
    if (!ip) return false;
    ip->version_class_label = to_be(6u << 28);
    ip->payload_length = to_be(static_cast<uint16_t>(length - sizeof *ip));
    ip->next_header = static_cast<uint8_t>(IpProtocol::icmpv6);
    ip->hop_limit = own_ttl;
    for (int i = 0; i < 4; ++i) {
        ip->source[i] = from.word[i];
        ip->destination[i] = packet.source.word[i];
    }
    return true;
}

}  // namespace detail

// See Environment::turn_into_error.
template <class Env>
TURNOUT_INLINE bool turn_into_error(Env& env, const Packet& packet, const IcmpError& error,
                                    const abi::Address& from) {
    if (detail::is_unfinished_sctp(env, packet)) return false;
    // What is too big has had its hop taken before, as in IPVS.
    const bool too_big = error.parameter && !packet.about_tunnel;
    if (too_big && !detail::take_hop(env, packet)) return false;
    const bool ipv6 = packet.family == abi::Family::ipv6;
    const uint32_t ip_size = ip_header_size(packet.family);
    const uint32_t headers = ip_size + static_cast<uint32_t>(sizeof(IcmpHeader));
    const uint32_t most = (ipv6 ? detail::largest_error_ipv6 : detail::largest_error) - headers;
    const uint32_t quoted = packet.ip_length < most ? packet.ip_length : most;
    uint64_t sum = detail::quoted_sum(env, packet, quoted);
    if (!env.trim(ip_offset + quoted) || !env.push(headers, packet.family, abi::TunnelType::ipip))
        return false;

    const Window window = env.window();
    auto* icmp = header_at<IcmpHeader>(window, ip_offset + ip_size);
    if (!icmp) return false;
    const uint32_t length = headers + quoted;
    const auto id = static_cast<uint16_t>(env.random());
    if (!(ipv6 ? detail::write_ipv6(window, packet, from, length)
               : detail::write_ipv4(window, packet, from, length, id)))
        return false;
    icmp->type = error.type;
    icmp->code = error.code;
    icmp->parameter = to_be(error.parameter);
    sum += static_cast<uint64_t>(error.type | error.code << 8) + icmp->parameter.raw;
    static_assert(host_is_little_endian, "byte pairs are summed as they lie in memory");
    if (ipv6)
        sum += pseudo_sum(from, packet.source, static_cast<uint8_t>(IpProtocol::icmpv6),
                          length - static_cast<uint32_t>(sizeof(Ipv6Header)));
    icmp->checksum.raw = static_cast<uint16_t>(~fold(sum));
    return true;
}

}  // namespace turnout
