// A firewall mark as people write it: 10 or 0xa.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace turnout::cli {

inline std::optional<uint32_t> mark_value(std::string_view text) {
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    if (hex) text.remove_prefix(2);
    uint32_t mark = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), mark, hex ? 16 : 10);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return mark;
}

}  // namespace turnout::cli
