// Whole numbers as text.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace turnout {

// Nothing when the text is anything but a decimal number that fits.
template <class Number>
std::optional<Number> number_of(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace turnout
