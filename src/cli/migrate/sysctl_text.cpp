#include "cli/migrate/sysctl_text.hpp"

#include <algorithm>

namespace turnout::cli::migrate {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::string_view folder = "net.ipv4.vs.";

std::string_view trimmed(std::string_view text) {
    const size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The first separator tells which of the two it is; the other one is then part of a name.
std::string with_dots(std::string_view key) {
    std::string name(key);
    const size_t first = name.find_first_of("./");
    if (first != std::string::npos && name[first] == '/') std::ranges::replace(name, '/', '.');
    return name;
}

void read_line(std::string_view line, size_t number, SysctlText& text) {
    line = trimmed(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') return;
    const bool optional = line[0] == '-';
    if (optional) line.remove_prefix(1);
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || trimmed(line.substr(0, equals)).empty()) {
        // Alone, "-KEY" takes a key out of a pattern with "*".
        if (!optional) text.unreadable.push_back(number);
        return;
    }
    const std::string name = with_dots(trimmed(line.substr(0, equals)));
    if (!name.starts_with(folder)) {
        ++text.others;
        return;
    }
    text.settings.push_back({number, name.substr(folder.size()),
                             std::string(trimmed(line.substr(equals + 1))), optional});
}

}  // namespace

SysctlText read_sysctl_text(std::string_view text) {
    SysctlText result;
    for (size_t number = 1; !text.empty(); ++number) {
        const size_t end = std::min(text.find('\n'), text.size());
        read_line(text.substr(0, end), number, result);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return result;
}

}  // namespace turnout::cli::migrate
