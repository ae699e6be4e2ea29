// What programs call instead of the C library: each function asks whether IPVS is meant, and else
// hands on to the next library unchanged.
//
// These are the only symbols that the library shows.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "preload/conversation.hpp"
#include "preload/next.hpp"
#include "preload/proc_file.hpp"
#include "preload/sockopt.hpp"

#define TURNOUT_SHOWN extern "C" __attribute__((visibility("default")))

using namespace turnout::preload;

namespace {

Conversation* conversation_with(int fd, const msghdr& message) {
    if (Conversation* conversation = conversation_of(fd)) return conversation;
    return begin_conversation(fd, message);
}

// One piece of memory as a message.
struct Piece {
    iovec piece;
    msghdr message{};

    Piece(const void* bytes, size_t length) : piece{const_cast<void*>(bytes), length} {
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
    }
};

// The FILE that fopen gives for one of our files; nullptr: it is none.
FILE* open_stream(const char* path, const char* mode) {
    if (!mode || mode[0] != 'r' || strchr(mode, '+')) return nullptr;
    const int fd = open_proc_file(AT_FDCWD, path, strchr(mode, 'e') ? O_CLOEXEC : 0);
    return fd < 0 ? nullptr : fdopen(fd, mode);
}

// The third argument of open, which is there only if a file may be made.
mode_t mode_of(int flags, va_list rest) {
    const bool makes = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
    return makes ? va_arg(rest, mode_t) : 0;
}

}  // namespace

TURNOUT_SHOWN ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    if (Conversation* conversation = conversation_with(fd, *message))
        return send_to_director(fd, *conversation, *message, flags);
    return next::sendmsg(fd, message, flags);
}

TURNOUT_SHOWN ssize_t sendto(int fd, const void* bytes, size_t length, int flags,
                             const sockaddr* address, socklen_t address_length) {
    const Piece whole(bytes, length);
    if (Conversation* conversation = conversation_with(fd, whole.message))
        return send_to_director(fd, *conversation, whole.message, flags);
    return next::sendto(fd, bytes, length, flags, address, address_length);
}

TURNOUT_SHOWN ssize_t send(int fd, const void* bytes, size_t length, int flags) {
    const Piece whole(bytes, length);
    if (Conversation* conversation = conversation_with(fd, whole.message))
        return send_to_director(fd, *conversation, whole.message, flags);
    return next::send(fd, bytes, length, flags);
}

TURNOUT_SHOWN ssize_t recvmsg(int fd, msghdr* message, int flags) {
    if (Conversation* conversation = conversation_of(fd))
        return receive_from_director(fd, *conversation, *message, flags);
    return next::recvmsg(fd, message, flags);
}

TURNOUT_SHOWN ssize_t recvfrom(int fd, void* bytes, size_t length, int flags, sockaddr* address,
                               socklen_t* address_length) {
    Conversation* conversation = conversation_of(fd);
    if (!conversation) return next::recvfrom(fd, bytes, length, flags, address, address_length);
    Piece whole(bytes, length);
    const ssize_t got = receive_from_director(fd, *conversation, whole.message, flags);
    if (got >= 0 && address) tell_address(0, address, address_length);
    return got;
}

TURNOUT_SHOWN ssize_t recv(int fd, void* bytes, size_t length, int flags) {
    Conversation* conversation = conversation_of(fd);
    if (!conversation) return next::recv(fd, bytes, length, flags);
    Piece whole(bytes, length);
    return receive_from_director(fd, *conversation, whole.message, flags);
}

TURNOUT_SHOWN int getsockopt(int fd, int level, int option, void* value,
                             socklen_t* length) noexcept {
    if (is_ipvs_option(level, option)) {
        const int done = get_from_director(fd, option, value, length);
        if (done <= 0) return done;
    }
    return next::getsockopt(fd, level, option, value, length);
}

TURNOUT_SHOWN int setsockopt(int fd, int level, int option, const void* value,
                             socklen_t length) noexcept {
    if (is_ipvs_option(level, option)) {
        const int done = set_at_director(fd, option, value, length);
        if (done <= 0) return done;
    }
    // How netlink is to be spoken: the director speaks it as it does.
    if (level == SOL_NETLINK && conversation_of(fd)) return 0;
    return next::setsockopt(fd, level, option, value, length);
}

TURNOUT_SHOWN int getsockname(int fd, sockaddr* address, socklen_t* length) noexcept {
    const Conversation* conversation = conversation_of(fd);
    if (!conversation) return next::getsockname(fd, address, length);
    tell_address(conversation->port, address, length);
    return 0;
}

TURNOUT_SHOWN int getpeername(int fd, sockaddr* address, socklen_t* length) noexcept {
    if (!conversation_of(fd)) return next::getpeername(fd, address, length);
    tell_address(0, address, length);
    return 0;
}

TURNOUT_SHOWN FILE* fopen(const char* path, const char* mode) {
    FILE* stream = open_stream(path, mode);
    return stream ? stream : next::fopen(path, mode);
}

TURNOUT_SHOWN FILE* fopen64(const char* path, const char* mode) {
    FILE* stream = open_stream(path, mode);
    return stream ? stream : next::fopen64(path, mode);
}

TURNOUT_SHOWN int open(const char* path, int flags, ...) {
    const int fd = open_proc_file(AT_FDCWD, path, flags);
    if (fd >= 0) return fd;
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return next::open(path, flags, mode);
}

TURNOUT_SHOWN int open64(const char* path, int flags, ...) {
    const int fd = open_proc_file(AT_FDCWD, path, flags);
    if (fd >= 0) return fd;
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return next::open64(path, flags, mode);
}

TURNOUT_SHOWN int openat(int folder, const char* path, int flags, ...) {
    const int fd = open_proc_file(folder, path, flags);
    if (fd >= 0) return fd;
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return next::openat(folder, path, flags, mode);
}

TURNOUT_SHOWN int openat64(int folder, const char* path, int flags, ...) {
    const int fd = open_proc_file(folder, path, flags);
    if (fd >= 0) return fd;
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return next::openat64(folder, path, flags, mode);
}

// The C library's own names.
// NOLINTBEGIN(bugprone-reserved-identifier)
TURNOUT_SHOWN int __open_2(const char* path, int flags) {
    const int fd = open_proc_file(AT_FDCWD, path, flags);
    return fd >= 0 ? fd : next::open_2(path, flags);
}

TURNOUT_SHOWN int __open64_2(const char* path, int flags) {
    const int fd = open_proc_file(AT_FDCWD, path, flags);
    return fd >= 0 ? fd : next::open64_2(path, flags);
}

TURNOUT_SHOWN int __openat_2(int folder, const char* path, int flags) {
    const int fd = open_proc_file(folder, path, flags);
    return fd >= 0 ? fd : next::openat_2(folder, path, flags);
}

TURNOUT_SHOWN int __openat64_2(int folder, const char* path, int flags) {
    const int fd = open_proc_file(folder, path, flags);
    return fd >= 0 ? fd : next::openat64_2(folder, path, flags);
}
// NOLINTEND(bugprone-reserved-identifier)
