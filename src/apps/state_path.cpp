#include "apps/state_path.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/netns.hpp"

namespace turnout {
namespace {

namespace fs = std::filesystem;

constexpr char folder[] = "/var/lib/turnout/";
constexpr char none[] = "none";

// A symbolic link, for people to follow.
std::string note(uint64_t cookie) {
    return "/run/turnout/" + std::to_string(cookie) + ".state";
}

}  // namespace

std::string standard_state_path() {
    const auto name = netns_name();
    if (!name) return "";
    return folder + (name->empty() ? "default" : "netns/" + *name) + ".json";
}

std::string absolute_state_path(const std::string& given) {
    return is_state_file(given) ? fs::absolute(given).string() : given;
}

bool is_state_file(const std::string& path) {
    return !path.empty() && path != none;
}

Status note_state_path(uint64_t cookie, const std::string& path) {
    unlink(note(cookie).c_str());
    const std::string target = path.empty() ? none : path;
    if (symlink(target.c_str(), note(cookie).c_str()) == 0) return {};
    return fail_errno(errno, "cannot make " + note(cookie));
}

std::string noted_state_path(uint64_t cookie) {
    std::error_code error;
    const auto target = fs::read_symlink(note(cookie), error);
    return error ? standard_state_path() : target.string();
}

void forget_state_path(uint64_t cookie) {
    unlink(note(cookie).c_str());
}

}  // namespace turnout
