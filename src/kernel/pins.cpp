#include "kernel/pins.hpp"

#include <cerrno>
#include <filesystem>

namespace turnout::kernel {
namespace {

namespace fs = std::filesystem;

constexpr char left_prefix[] = "from_";

Status rename_tables(const std::string& from, const std::string& to) {
    std::error_code error;
    fs::rename(from, to, error);
    if (error) return fail_errno(error.value(), "cannot name the tables " + to);
    return {};
}

}  // namespace

PinnedTables find_tables(const std::string& directory) {
    PinnedTables found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error)) {
        const std::string name = entry.path().filename();
        if (entry.path() == tables_directory(directory))
            found.own = true;
        else if (name.starts_with('v'))
            found.other = entry.path();
        else if (name.starts_with(left_prefix))
            found.left = entry.path();
    }
    return found;
}

Result<PinnedTables> claim_tables(const std::string& directory) {
    const PinnedTables found = find_tables(directory);
    if (found.left.empty()) return found;
    if (!found.other.empty())
        return fail(EEXIST, "another version of turnoutd, with tables " +
                                fs::path(found.other).filename().string() +
                                ", was ended while it took over; start that one first, which goes "
                                "on (packets are forwarded meanwhile)");
    if (found.own) return found;
    // Between the two renames of put_in_force(): the tables that were left are in force.
    const std::string name = fs::path(found.left).filename().string();
    const std::string in_force = directory + '/' + name.substr(sizeof left_prefix - 1);
    if (auto ok = rename_tables(found.left, in_force); !ok) return std::unexpected(ok.error());
    return claim_tables(directory);
}

Result<std::string> put_in_force(const std::string& directory, const std::string& other) {
    std::string left;
    if (!other.empty()) {
        left = directory + '/' + left_prefix + fs::path(other).filename().string();
        if (auto ok = rename_tables(other, left); !ok) return std::unexpected(ok.error());
    }
    if (auto ok = rename_tables(aside(directory), tables_directory(directory)); !ok)
        return std::unexpected(ok.error());
    return left;
}

}  // namespace turnout::kernel
