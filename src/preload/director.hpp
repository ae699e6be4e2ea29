// The director of a network namespace, as this library reaches it.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace turnout::preload {

// The cookie of the network namespace that a socket, or this thread, is in; 0: it cannot be told.
uint64_t namespace_of(int socket);
uint64_t namespace_of_this_thread();

// A socket connected with the director of that namespace, closed by exec; -1: there is none, or it
// is not for this user.
int connect_to_director(uint64_t cookie);

// Sends one request on a socket from connect_to_director and hands the payload of each message of
// the type `answer` to `take`.  0, the errno value that the director answered with, or EAGAIN when
// it went away in the middle.
int ask(int director, const void* request, size_t length, uint16_t answer,
        void (*take)(void* to, const uint8_t* bytes, size_t length), void* to);

}  // namespace turnout::preload
