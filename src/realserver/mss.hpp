// The largest TCP segments (MSS) that a real server asks its clients for, so that they fit into the
// director's tunnel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/address.hpp"

namespace turnout::realserver {

// What TCP_MAXSEG takes: less than the least is told by nobody, more by no packet.
inline constexpr uint16_t least_mss = 88;
inline constexpr uint16_t most_mss = 32767;

struct Mss {
    bool automatic = false;  // what fits into the largest tunnel that is taken off
    uint16_t most = 0;       // else at most so many bytes; 0: whatever the stack says

    bool is_limited() const { return automatic || most != 0; }
    bool operator==(const Mss&) const = default;
};

// "auto", "1400", and "" for no limit.
std::string to_string(const Mss& mss);
std::optional<Mss> parse_mss(const std::string& text);

// How much of a segment to an address of that family fits into any tunnel over a device of that
// MTU.  `with_gue`: GUE is taken off, too.
Result<uint16_t> fitting_mss(model::Family family, uint32_t mtu, bool with_gue);

}  // namespace turnout::realserver
