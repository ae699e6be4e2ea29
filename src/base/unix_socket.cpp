#include "base/unix_socket.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace turnout {
namespace {

bool somebody_listens(const sockaddr_un& address, int type) {
    const Fd probe(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!probe) return false;
    const auto* at = reinterpret_cast<const sockaddr*>(&address);
    // EAGAIN: the queue of a live listener is full.
    return ::connect(probe.get(), at, sizeof address) == 0 || errno == EAGAIN;
}

}  // namespace

Result<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(ENAMETOOLONG, path + ": the name of the socket is too long");
    path.copy(address.sun_path, path.size());
    return address;
}

Result<Fd> listen_at(const std::string& path, int type) {
    const auto address = unix_address(path);
    if (!address) return std::unexpected(address.error());
    std::error_code ignored;  // bind tells what is wrong with the folder
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    if (somebody_listens(*address, type))
        return fail(EADDRINUSE, path + ": a daemon is already running in this namespace");
    if (struct stat file; lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode))
        unlink(path.c_str());

    Fd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return fail_errno(errno, "cannot open a socket");
    // On Linux the file takes the socket's mode: there is no moment at which others could connect.
    if (fchmod(socket.get(), 0600) != 0 ||
        bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
        listen(socket.get(), SOMAXCONN) != 0)
        return fail_errno(errno, path);
    return socket;
}

bool peer_may_ask(int socket) {
    ucred peer{};
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
    return peer.uid == 0 || peer.uid == geteuid();
}

}  // namespace turnout
