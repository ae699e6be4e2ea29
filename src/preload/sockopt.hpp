// getsockopt and setsockopt of IPVS, asked of a director: what programs without netlink use.
#pragma once

#include <sys/socket.h>

namespace turnout::preload {

// Is it an option of IPVS?
bool is_ipvs_option(int level, int option);

// As getsockopt and setsockopt, at the director of the socket's network namespace: 0, or -1 with
// errno set.  1: there is no director, the kernel is to be asked.
int get_from_director(int socket, int option, void* buffer, socklen_t* length);
int set_at_director(int socket, int option, const void* buffer, socklen_t length);

}  // namespace turnout::preload
