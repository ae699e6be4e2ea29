#include "realserver/thing.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace turnout::realserver {

namespace {
constexpr std::array words{
    std::pair{Kind::setting, "setting"}, std::pair{Kind::address, "address"},
    std::pair{Kind::device, "device"},   std::pair{Kind::hook, "hook"},
    std::pair{Kind::filter, "filter"},
};
}  // namespace

std::string to_string(const Thing& thing) {
    switch (thing.kind) {
        case Kind::setting: {
            std::string dotted = thing.name;
            std::replace(dotted.begin(), dotted.end(), '/', '.');
            return dotted;
        }
        case Kind::address:
            return "the virtual address on " + thing.name;
        case Kind::device:
            return "the tunnel device " + thing.name;
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
