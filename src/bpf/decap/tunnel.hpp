// What is between the outer IP header and the packet inside: nothing, GRE, or UDP and GUE.
#pragma once

#include <stdint.h>

#include "bpf/decap/ip.hpp"
#include "wire/ethernet.hpp"
#include "wire/gre.hpp"
#include "wire/gue.hpp"
#include "wire/transport.hpp"

namespace turnout::bpf::decap {

// See GueRemoteChecksum; here both offsets count from the outer header.
struct RemoteChecksum {
    bool wanted;
    uint32_t start;
    uint32_t field;
};

struct Tunnel {
    uint32_t inner;      // where the packet inside begins
    uint32_t end;        // where the tunnel's payload ends
    abi::Family family;  // of the packet inside
    RemoteChecksum checksum;
};

TURNOUT_INLINE bool is(uint8_t field, IpProtocol protocol) {
    return field == static_cast<uint8_t>(protocol);
}

TURNOUT_INLINE abi::Family family_of(uint8_t protocol) {
    if (is(protocol, IpProtocol::ipv4)) return abi::Family::ipv4;
    if (is(protocol, IpProtocol::ipv6)) return abi::Family::ipv6;
    return abi::Family::none;
}

TURNOUT_INLINE abi::Family family_of(be16 type) {
    if (is(type, EtherType::ipv4)) return abi::Family::ipv4;
    if (is(type, EtherType::ipv6)) return abi::Family::ipv6;
    return abi::Family::none;
}

// Keys and sequence numbers belong to tunnels of other kinds.
TURNOUT_INLINE bool read_gre(const __sk_buff* packet, Tunnel& tunnel) {
    GreHeader header = {};
    if (!read(packet, tunnel.inner, header)) return false;
    tunnel.inner += sizeof header;
    tunnel.family = family_of(header.protocol);
    if (header.flags_and_version == gre_flag::checksum) {
        tunnel.inner += sizeof(GreChecksum);
        return true;
    }
    return header.flags_and_version == be16{0};
}

TURNOUT_INLINE bool read_remote_checksum(const __sk_buff* packet, uint32_t options,
                                         Tunnel& tunnel) {
    GueRemoteChecksum option = {};
    if (tunnel.inner - options < sizeof option || !read(packet, options, option)) return false;
    tunnel.checksum = {.wanted = true,
                       .start = tunnel.inner + to_host(option.start),
                       .field = tunnel.inner + to_host(option.field)};
    return option.private_flags == gue_private::remote_checksum;
}

TURNOUT_INLINE bool read_gue_version_0(const __sk_buff* packet, const GueHeader& header,
                                       Tunnel& tunnel) {
    const uint32_t options = tunnel.inner + static_cast<uint32_t>(sizeof header);
    tunnel.inner = options + gue_options_length(header);
    tunnel.family = family_of(header.protocol);
    if ((header.version_and_length & gue::control) != 0) return false;
    if (header.flags == gue::private_flags) return read_remote_checksum(packet, options, tunnel);
    return header.flags == be16{0};
}

TURNOUT_INLINE bool read_gue(const __sk_buff* packet, be16 port, Tunnel& tunnel) {
    UdpHeader udp = {};
    GueHeader header = {};
    if (!read(packet, tunnel.inner, udp) || !(udp.ports.destination == port)) return false;
    if (tunnel.inner + to_host(udp.length) > tunnel.end) return false;
    tunnel.end = tunnel.inner + to_host(udp.length);
    tunnel.inner += sizeof udp;
    if (!read(packet, tunnel.inner, header)) return false;
    if (gue_version(header) == 0) return read_gue_version_0(packet, header, tunnel);
    // Version 1: the packet begins here, and of its version only one bit is left open.
    tunnel.family = (header.version_and_length >> 4) == 4 ? abi::Family::ipv4 : abi::Family::ipv6;
    return gue_version(header) == 1;
}

// `gue_port` 0: no GUE.
TURNOUT_INLINE bool read_tunnel(const __sk_buff* packet, const Ip& outer, be16 gue_port,
                                Tunnel& tunnel) {
    tunnel = {.inner = outer.payload,
              .end = outer.end,
              .family = family_of(outer.protocol),
              .checksum = {.wanted = false, .start = 0, .field = 0}};
    if (is(outer.protocol, IpProtocol::gre) && !read_gre(packet, tunnel)) return false;
    if (is(outer.protocol, IpProtocol::udp) &&
        (gue_port == be16{0} || !read_gue(packet, gue_port, tunnel)))
        return false;
    return tunnel.family != abi::Family::none;
}

}  // namespace turnout::bpf::decap
