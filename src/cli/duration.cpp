#include "cli/duration.hpp"

#include <cerrno>
#include <charconv>
#include <limits>

namespace turnout::cli {
namespace {

struct Unit {
    char letter;
    uint32_t seconds;
};
constexpr Unit units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

uint32_t seconds_of_unit(std::string_view letter) {
    if (letter.empty()) return 1;
    for (const Unit& unit : units)
        if (letter.size() == 1 && letter[0] == unit.letter) return unit.seconds;
    return 0;
}

}  // namespace

Result<uint32_t> seconds_in(std::string_view text) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const uint32_t unit = seconds_of_unit(text.substr(static_cast<size_t>(end - text.data())));
    constexpr uint64_t most = std::numeric_limits<uint32_t>::max();
    if (error != std::errc{} || unit == 0 || number > most / unit)
        return fail(EINVAL,
                    '"' + std::string(text) + "\" is no duration: 90, 90s, 15m, 2h and 1d are");
    return static_cast<uint32_t>(number * unit);
}

std::string duration_of(uint32_t seconds) {
    for (const Unit& unit : units)
        if (seconds && seconds % unit.seconds == 0)
            return std::to_string(seconds / unit.seconds) + unit.letter;
    return "0s";
}

}  // namespace turnout::cli
