// The interfaces of a director without a machine: any name is one, but for those that say
// otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace turnout::test {

inline std::optional<uint32_t> mtu_of(const std::string& name) {
    return name.starts_with("nosuch") ? std::nullopt : std::optional(1500u);
}

}  // namespace turnout::test
