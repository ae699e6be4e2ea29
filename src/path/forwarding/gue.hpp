// Generic UDP Encapsulation, version 0, as IPVS sends it: a UDP header to the port that the server
// has named, and a GUE header without options.
#pragma once

#include <stdint.h>

#include "abi/pseudo_header.hpp"
#include "path/env.hpp"
#include "path/forwarding/tunnel_kind.hpp"
#include "table/hash.hpp"
#include "wire/checksum.hpp"

namespace turnout {

namespace detail {

// Linux's range of ports that programs get which ask for none (ip_local_port_range).
inline constexpr uint32_t first_flow_port = 32768, flow_ports = 60999 - first_flow_port + 1;

struct GueHeaders {
    UdpHeader udp;
    GueHeader gue;
};
static_assert(sizeof(GueHeaders) == 12);

TURNOUT_INLINE uint64_t sum_of(const GueHeaders& headers) {
    static_assert(host_is_little_endian, "byte pairs are summed as they lie in memory");
    return static_cast<uint64_t>(headers.udp.ports.source.raw) + headers.udp.ports.destination.raw +
           headers.udp.length.raw + headers.udp.checksum.raw +
           static_cast<uint32_t>(headers.gue.version_and_length | headers.gue.protocol << 8) +
           headers.gue.flags.raw;
}

}  // namespace detail

// The outer source port: one for every flow, so that routers and cards that spread traffic by ports
// spread flows and keep each in order.
TURNOUT_INLINE be16 flow_port(const Packet& packet) {
    const uint64_t ends = join(one_word(packet.source), one_word(packet.destination));
    const uint64_t ports = packet.source_port.raw |
                           static_cast<uint32_t>(packet.destination_port.raw) << 16 |
                           static_cast<uint64_t>(packet.protocol) << 32;
    const uint64_t hash = mixed(mixed(0, ends), ports) & 0xffffffff;
    return to_be(
        static_cast<uint16_t>(detail::first_flow_port + (hash * detail::flow_ports >> 32)));
}

// Writes the headers behind the outer IP header.  `inner`: the sum of the packet inside; without a
// checksum the field is 0, which is "none" in IPv6, too (RFC 6935).
template <Environment Env>
TURNOUT_INLINE bool write_gue(Env& env, const Packet& packet, const abi::Server& server,
                              bool with_checksum, uint64_t inner) {
    auto* place =
        header_at<detail::GueHeaders>(env.window(), ip_offset + ip_header_size(server.family));
    if (!place) return false;
    detail::GueHeaders headers{};
    const uint32_t length = static_cast<uint32_t>(sizeof headers) + packet.ip_length;
    headers.udp.ports = {flow_port(packet), server.tunnel_port};
    headers.udp.length = length_field(length);
    headers.gue.protocol = protocol_of_inner(packet.family);
    if (with_checksum) {
        const uint64_t pseudo = pseudo_sum(server.tunnel_source, server.address,
                                           static_cast<uint8_t>(IpProtocol::udp), length);
        const auto checksum =
            static_cast<uint16_t>(~fold(detail::sum_of(headers) + pseudo + inner));
        headers.udp.checksum.raw = checksum ? checksum : 0xffff;
    }
    env.note_written(detail::sum_of(headers));
    *place = headers;
    return true;
}

}  // namespace turnout
