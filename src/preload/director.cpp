#include "preload/director.hpp"

#include <asm/socket.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipvs/protocol.hpp"
#include "preload/next.hpp"

namespace turnout::preload {
namespace {

// A director answers in milliseconds; a minute means that it hangs.
constexpr timeval patience{60, 0};

enum class Said { more, all };

// One datagram of an answer.  `code` is set when it says all.
struct Answer {
    uint16_t type;
    void (*take)(void*, const uint8_t*, size_t);
    void* to;
    int code;

    Said read(const uint8_t* bytes, size_t length) {
        nlmsghdr header;
        for (size_t at = 0; length - at >= sizeof header; at += NLMSG_ALIGN(header.nlmsg_len)) {
            memcpy(&header, bytes + at, sizeof header);
            if (header.nlmsg_len < sizeof header || header.nlmsg_len > length - at) break;
            const uint8_t* payload = bytes + at + sizeof header;
            if (header.nlmsg_type == NLMSG_DONE) return done(0);
            if (header.nlmsg_type == NLMSG_ERROR) return done(error_of(payload, header));
            if (header.nlmsg_type == type) take(to, payload, header.nlmsg_len - sizeof header);
            if (NLMSG_ALIGN(header.nlmsg_len) > length - at) break;
        }
        return Said::more;
    }

    Said done(int with) {
        code = with;
        return Said::all;
    }

    static int error_of(const uint8_t* payload, const nlmsghdr& header) {
        int negative = -EAGAIN;
        if (header.nlmsg_len >= sizeof header + sizeof negative)
            memcpy(&negative, payload, sizeof negative);
        return -negative;
    }
};

}  // namespace

uint64_t namespace_of(int socket) {
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    if (next::getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) != 0) return 0;
    return cookie;
}

uint64_t namespace_of_this_thread() {
    const int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return 0;
    const uint64_t cookie = namespace_of(probe);
    close(probe);
    return cookie;
}

int connect_to_director(uint64_t cookie) {
    if (cookie == 0) return -1;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    snprintf(address.sun_path, sizeof address.sun_path, "%s%llu%s", ipvs::socket_folder,
             static_cast<unsigned long long>(cookie), ipvs::socket_suffix);
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    constexpr socklen_t size = sizeof patience;
    next::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, size);
    next::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, size);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

int ask(int director, const void* request, size_t length, uint16_t type,
        void (*take)(void*, const uint8_t*, size_t), void* to) {
    // A director that is full says so before it reads the request: a failed send tells nothing.
    next::send(director, request, length, MSG_NOSIGNAL);
    Answer answer{type, take, to, EAGAIN};
    uint8_t datagram[2 * ipvs::max_datagram];
    bool was_reset = false;
    while (true) {
        const ssize_t got = next::recv(director, datagram, sizeof datagram, 0);
        if (got > 0) {
            if (answer.read(datagram, static_cast<size_t>(got)) == Said::all) return answer.code;
            continue;
        }
        if (got < 0 && errno == EINTR) continue;
        // A reset is told once, before what had been answered.
        if (got < 0 && errno == ECONNRESET && !was_reset) {
            was_reset = true;
            continue;
        }
        return EAGAIN;
    }
}

}  // namespace turnout::preload
