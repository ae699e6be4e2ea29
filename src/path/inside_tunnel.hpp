// What a quoted packet carries that may be a tunnel's: IP in IP, GRE or GUE as we send them.
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "path/forwarding/gue.hpp"
#include "wire/ethernet.hpp"
#include "wire/gre.hpp"
#include "wire/gue.hpp"
#include "wire/ip.hpp"

namespace turnout {

struct Inside {
    abi::Family family;  // none: it is no tunnel's
    uint32_t offset;     // of the packet inside
    be16 flow_port;      // of GUE: where it came from
};

namespace detail {

TURNOUT_INLINE abi::Family carried_by(uint8_t protocol) {
    const auto kind = static_cast<IpProtocol>(protocol);
    if (kind == IpProtocol::ipv4) return abi::Family::ipv4;
    return kind == IpProtocol::ipv6 ? abi::Family::ipv6 : abi::Family::none;
}

TURNOUT_INLINE Inside inside_gre(const Window& window, uint32_t offset) {
    const auto* gre = header_at<GreHeader>(window, offset);
    if (!gre) return {};
    const bool with_checksum = gre->flags_and_version == gre_flag::checksum;
    if (!with_checksum && gre->flags_and_version.raw) return {};
    offset += static_cast<uint32_t>(sizeof *gre + (with_checksum ? sizeof(GreChecksum) : 0));
    if (is(gre->protocol, EtherType::ipv4)) return {abi::Family::ipv4, offset, {}};
    if (is(gre->protocol, EtherType::ipv6)) return {abi::Family::ipv6, offset, {}};
    return {};
}

TURNOUT_INLINE Inside inside_gue(const Window& window, uint32_t offset) {
    const auto* headers = header_at<GueHeaders>(window, offset);
    if (!headers || headers->gue.version_and_length || headers->gue.flags.raw) return {};
    return {carried_by(headers->gue.protocol), offset + static_cast<uint32_t>(sizeof *headers),
            headers->udp.ports.source};
}

}  // namespace detail

TURNOUT_INLINE Inside inside_of(const Window& window, const Packet& outer) {
    const auto kind = static_cast<IpProtocol>(outer.protocol);
    if (outer.part == Part::later) return {};
    if (kind == IpProtocol::udp) return detail::inside_gue(window, outer.transport_offset);
    if (kind == IpProtocol::gre) return detail::inside_gre(window, outer.transport_offset);
    return {detail::carried_by(outer.protocol), outer.transport_offset, {}};
}

}  // namespace turnout
