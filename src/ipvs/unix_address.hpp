// A file name as the address of a Unix socket.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <string>

#include "base/result.hpp"

namespace turnout::ipvs {

// ENAMETOOLONG when the name does not fit (107 bytes).
inline Result<sockaddr_un> unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(ENAMETOOLONG, path + ": the name of the socket is too long");
    path.copy(address.sun_path, path.size());
    return address;
}

}  // namespace turnout::ipvs
