// The bytes of a message that lies in several pieces, as sendmsg and recvmsg take them.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

namespace turnout::preload {

inline size_t total(const msghdr& message) {
    size_t sum = 0;
    for (size_t i = 0; i < message.msg_iovlen; ++i) sum += message.msg_iov[i].iov_len;
    return sum;
}

// Calls `each` with every stretch of the bytes from `at` on, `length` in all; gives how many there
// were.
template <class Each>
size_t for_each_stretch(const msghdr& message, size_t at, size_t length, Each each) {
    size_t done = 0;
    for (size_t i = 0; i < message.msg_iovlen && done < length; ++i) {
        const iovec& piece = message.msg_iov[i];
        if (at >= piece.iov_len) {
            at -= piece.iov_len;
            continue;
        }
        const size_t left = piece.iov_len - at, wanted = length - done;
        const size_t size = left < wanted ? left : wanted;
        each(static_cast<uint8_t*>(piece.iov_base) + at, done, size);
        done += size;
        at = 0;
    }
    return done;
}

// From the message, beginning at `at`; gives how many bytes there were.
inline size_t copy_out(const msghdr& message, size_t at, void* to, size_t length) {
    return for_each_stretch(message, at, length, [&](uint8_t* from, size_t done, size_t size) {
        memcpy(static_cast<uint8_t*>(to) + done, from, size);
    });
}

// Into the message; gives how many bytes found room.
inline size_t copy_in(const msghdr& message, size_t at, const void* from, size_t length) {
    return for_each_stretch(message, at, length, [&](uint8_t* to, size_t done, size_t size) {
        memcpy(to, static_cast<const uint8_t*>(from) + done, size);
    });
}

}  // namespace turnout::preload
