#include "cli/input.hpp"

#include <cerrno>
#include <fstream>
#include <iostream>

namespace turnout::cli {
namespace {

// Nothing that is meant to be imported is as long.
constexpr size_t longest_text = size_t{16} << 20;

Result<std::string> read_all(std::istream& from, const std::string& name) {
    std::string text(longest_text + 1, '\0');
    from.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(from.gcount()));
    if (from.bad()) return fail(EIO, name + ": cannot be read");
    if (text.size() > longest_text) return fail(EFBIG, name + ": longer than 16 MiB");
    return text;
}

}  // namespace

Result<std::string> read_text(const std::string& file) {
    if (file == "-") return read_all(std::cin, "standard input");
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return fail_errno(errno, file);
    return read_all(stream, file);
}

}  // namespace turnout::cli
