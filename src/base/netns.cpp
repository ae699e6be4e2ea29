#include "base/netns.hpp"

#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <set>

#include "base/fd.hpp"

namespace turnout {
namespace {

namespace fs = std::filesystem;

bool is_own(const std::string& namespace_file) {
    struct stat own {
    }, other{};
    return stat("/proc/self/ns/net", &own) == 0 && stat(namespace_file.c_str(), &other) == 0 &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

}  // namespace

Result<uint64_t> netns_cookie() {
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return fail_errno(errno, "cannot open a socket");
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    if (getsockopt(socket.get(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) != 0)
        return fail_errno(errno, "cannot tell the network namespace");
    return cookie;
}

std::optional<std::string> netns_name() {
    if (is_own("/proc/1/ns/net")) return "";
    std::set<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/run/netns", error))
        if (is_own(entry.path())) names.insert(entry.path().filename());
    if (names.empty()) return std::nullopt;
    return *names.begin();
}

}  // namespace turnout
