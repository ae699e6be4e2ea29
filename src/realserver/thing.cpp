#include "realserver/thing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace turnout::realserver {

namespace {
constexpr std::array words{
    std::pair{Kind::setting, "setting"}, std::pair{Kind::address, "address"},
    std::pair{Kind::hook, "hook"},       std::pair{Kind::filter, "filter"},
    std::pair{Kind::clamp, "clamp"},
};
constexpr std::string_view with_gue = "present, with GUE at port ";
constexpr std::string_view at_most = "at ";

// Not 0, and nothing else behind those words.
std::optional<uint16_t> number_behind(std::string_view before, const std::string& state) {
    if (!state.starts_with(before)) return std::nullopt;
    uint16_t number = 0;
    const char* end = state.data() + state.size();
    const auto parsed = std::from_chars(state.data() + before.size(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end || number == 0) return std::nullopt;
    return number;
}
}  // namespace

std::string decapsulating(uint16_t gue_port) {
    return gue_port == 0 ? present : std::string(with_gue) + std::to_string(gue_port);
}

std::optional<uint16_t> gue_port_of(const std::string& state) {
    if (state == present) return 0;
    return number_behind(with_gue, state);
}

std::string clamping(uint16_t mss) {
    return std::string(at_most) + std::to_string(mss);
}

std::optional<uint16_t> mss_of(const std::string& state) {
    return number_behind(at_most, state);
}

std::string to_string(const Thing& thing) {
    switch (thing.kind) {
        case Kind::setting: {
            std::string dotted = thing.name;
            std::replace(dotted.begin(), dotted.end(), '/', '.');
            return dotted;
        }
        case Kind::address:
            return "the virtual address on " + thing.name;
        case Kind::hook:
            return "the tc hook of " + thing.name;
        case Kind::filter:
            return "the decapsulator on " + thing.name;
        case Kind::clamp:
            return "the MSS clamp on " + thing.name;
    }
    return thing.name;
}

const char* word(Kind kind) {
    for (const auto& [candidate, text] : words)
        if (candidate == kind) return text;
    return "";
}

bool parse(const std::string& word, Kind& kind) {
    for (const auto& [candidate, text] : words) {
        if (word != text) continue;
        kind = candidate;
        return true;
    }
    return false;
}

}  // namespace turnout::realserver
