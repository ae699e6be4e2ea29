// Tunnelling: the packet whole, behind an outer header for the server.  Both headers may be of
// either family.  In IP-in-IP (RFC 2003, RFC 2473, RFC 4213) that is all; the other kinds of tunnel
// have a header of their own in between (wrap.hpp).
//
// The outer header is IPVS's: TTL of the inner one (already decremented), its TOS with the ECN
// rules of RFC 3168 section 9.1 (full functionality), its DF bit, identification 0 with DF set.
#pragma once

#include <stdint.h>

#include "abi/pseudo_header.hpp"
#include "path/env.hpp"
#include "path/forwarding/tunnel_kind.hpp"
#include "path/parse.hpp"
#include "wire/checksum.hpp"

namespace turnout {

namespace detail {

inline constexpr uint8_t ecn_mask = 3, ecn_congested = 3, ecn_capable_0 = 2;

TURNOUT_INLINE uint8_t outer_tos(uint8_t inner) {
    const bool congested = (inner & ecn_mask) == ecn_congested;
    return congested ? static_cast<uint8_t>((inner & ~ecn_mask) | ecn_capable_0) : inner;
}

// What is written of a packet into the header of what carries it.
struct Carried {
    uint32_t length;   // behind the outer header
    uint8_t protocol;  // of what stands there
};

template <Environment Env>
TURNOUT_INLINE void write_outer(Env& env, Ipv4Header& ip, const Packet& packet,
                                const abi::Server& server, Carried carried) {
    Ipv4Header outer{};
    outer.version_and_length = 0x45;
    outer.tos = outer_tos(packet.tos);
    outer.total_length = length_field(static_cast<uint32_t>(sizeof outer) + carried.length);
    if (packet.dont_fragment)
        outer.fragment = ipv4_fragment::dont;
    else
        outer.id.raw = static_cast<uint16_t>(env.random());
    outer.ttl = static_cast<uint8_t>(packet.ttl - 1);
    outer.protocol = carried.protocol;
    outer.source = server.tunnel_source.word[0];
    outer.destination = server.address.word[0];
    outer.checksum = header_checksum(outer);
    ip = outer;
}

template <Environment Env>
TURNOUT_INLINE void write_outer(Env& env, Ipv6Header& ip, const Packet& packet,
                                const abi::Server& server, Carried carried) {
    const uint32_t version_and_class = 6u << 28 | static_cast<uint32_t>(outer_tos(packet.tos))
                                                      << 20;
    ip.version_class_label = to_be(version_and_class);
    ip.payload_length = length_field(carried.length);
    ip.next_header = carried.protocol;
    ip.hop_limit = static_cast<uint8_t>(packet.ttl - 1);
    for (int i = 0; i < 4; ++i) {
        ip.source[i] = server.tunnel_source.word[i];
        ip.destination[i] = server.address.word[i];
    }
    env.note_written(sum_of(ip));
}

// The room is there; the Ethernet header is told what follows it.
template <class Ip, Environment Env>
TURNOUT_INLINE bool write_outer_headers(Env& env, const Packet& packet, const abi::Server& server,
                                        Carried carried) {
    using Headers = uint8_t[ip_offset + sizeof(Ip)];
    Headers* headers = header_at<Headers>(env.window(), 0);
    if (!headers) return false;
    reinterpret_cast<EthernetHeader*>(headers)->type = ether_type_of(server.family);
    write_outer(env, *reinterpret_cast<Ip*>(*headers + ip_offset), packet, server, carried);
    return true;
}

}  // namespace detail

// Makes room for the outer IP header and so many bytes `between` it and the packet, and writes it.
// `protocol`: of what follows it.  `known`: the kernel is told of the encapsulation.
template <Environment Env>
TURNOUT_INLINE bool put_outer_header(Env& env, const Packet& packet, const abi::Server& server,
                                     uint32_t between, uint8_t protocol, bool known) {
    const bool ipv6 = server.family == abi::Family::ipv6;
    if (!env.push(ip_header_size(server.family) + between,
                  known ? server.family : abi::Family::none, server.tunnel_type))
        return false;
    const detail::Carried carried{between + packet.ip_length, protocol};
    return ipv6 ? detail::write_outer_headers<Ipv6Header>(env, packet, server, carried)
                : detail::write_outer_headers<Ipv4Header>(env, packet, server, carried);
}

// False when the kernel refused; the packet must then be dropped.  `in_pieces`: it is cut
// afterwards, which the kernel refuses to do to a packet that it knows to be encapsulated.
template <Environment Env>
TURNOUT_INLINE bool encapsulate(Env& env, const Packet& packet, const abi::Server& server,
                                uint32_t server_id, bool in_pieces) {
    if (server.tunnel_type != abi::TunnelType::ipip) return env.wrap(packet, server_id, in_pieces);
    return put_outer_header(env, packet, server, 0, protocol_of_inner(packet.family), !in_pieces);
}

}  // namespace turnout
