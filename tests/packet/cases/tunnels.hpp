// The kinds of tunnel: what `ipvsadm --tun-type` and its flags name.
#pragma once

#include "packet/cases/common.hpp"

namespace turnout::test {

using model::TunnelType;

inline constexpr model::Tunnel ipip{}, gue{TunnelType::gue, gue_port, 0},
    gue_csum{TunnelType::gue, gue_port, 1}, gue_remcsum{TunnelType::gue, gue_port, 2},
    gre{TunnelType::gre, 0, 0}, gre_csum{TunnelType::gre, 0, 1};

// "", "GUE in ", "GRE with a checksum in "
inline std::string name_of(const model::Tunnel& kind) {
    if (kind.type == TunnelType::ipip) return "";
    const std::string type = kind.type == TunnelType::gue ? "GUE" : "GRE";
    const std::string flags[] = {"", " with a checksum", " with a remote checksum"};
    return type + flags[kind.flags] + " in ";
}

// Bytes between the outer IP header and the packet.
inline uint32_t header_size(const model::Tunnel& kind) {
    if (kind.type == TunnelType::gue) return 12;
    if (kind.type == TunnelType::ipip) return 0;
    return kind.flags ? 8 : 4;
}

}  // namespace turnout::test
