// Before libturnout-ipvs.so in LD_PRELOAD: a program finds no netlink, and drives IPVS by socket
// options.
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" int socket(int domain, int type, int protocol) noexcept {
    if (domain != AF_NETLINK) return static_cast<int>(syscall(SYS_socket, domain, type, protocol));
    errno = EAFNOSUPPORT;
    return -1;
}
