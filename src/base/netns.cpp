#include "base/netns.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "base/fd.hpp"

namespace turnout {

Result<uint64_t> netns_cookie() {
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return fail_errno(errno, "cannot open a socket");
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    if (getsockopt(socket.get(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) != 0)
        return fail_errno(errno, "cannot tell the network namespace");
    return cookie;
}

}  // namespace turnout
