// Generic Routing Encapsulation (RFC 2784) as IPVS sends it: version 0, with a checksum or without.
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "path/forwarding/tunnel_kind.hpp"
#include "wire/checksum.hpp"
#include "wire/ethernet.hpp"

namespace turnout {

namespace detail {

struct GreWithChecksum {
    GreHeader gre;
    GreChecksum checksum;
};

TURNOUT_INLINE GreHeader gre_header(abi::Family inner) {
    return {be16{0}, ether_type_of(inner)};
}

}  // namespace detail

// Writes the header behind the outer IP header.  `inner`: the sum of the packet inside.
template <Environment Env>
TURNOUT_INLINE bool write_gre(Env& env, const Packet& packet, const abi::Server& server,
                              bool with_checksum, uint64_t inner) {
    const uint32_t offset = ip_offset + ip_header_size(server.family);
    GreHeader gre = detail::gre_header(packet.family);
    if (!with_checksum) {
        auto* place = header_at<GreHeader>(env.window(), offset);
        if (!place) return false;
        *place = gre;
        env.note_written(gre.protocol.raw);
        return true;
    }
    auto* place = header_at<detail::GreWithChecksum>(env.window(), offset);
    if (!place) return false;
    gre.flags_and_version = gre_flag::checksum;
    const uint64_t header = static_cast<uint64_t>(gre.flags_and_version.raw) + gre.protocol.raw;
    const auto checksum = static_cast<uint16_t>(~fold(header + inner));
    *place = {gre, {be16{checksum}, be16{0}}};
    env.note_written(header + checksum);
    return true;
}

}  // namespace turnout
