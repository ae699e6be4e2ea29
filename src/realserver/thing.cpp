#include "realserver/thing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace turnout::realserver {

namespace {
constexpr std::array words{
    std::pair{Kind::setting, "setting"},
    std::pair{Kind::address, "address"},
    std::pair{Kind::hook, "hook"},
    std::pair{Kind::filter, "filter"},
};
constexpr std::string_view with_gue = "present, with GUE at port ";
}  // namespace

std::string decapsulating(uint16_t gue_port) {
    return gue_port == 0 ? present : std::string(with_gue) + std::to_string(gue_port);
}

std::optional<uint16_t> gue_port_of(const std::string& state) {
    if (state == present) return 0;
    if (!state.starts_with(with_gue)) return std::nullopt;
    uint16_t port = 0;
    const char* end = state.data() + state.size();
    const auto parsed = std::from_chars(state.data() + with_gue.size(), end, port);
    if (parsed.ec != std::errc{} || parsed.ptr != end || port == 0) return std::nullopt;
    return port;
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
