// Unix sockets by file name: how programs of this machine speak with a daemon, root alone.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace turnout {

// ENAMETOOLONG when the name does not fit (107 bytes).
Result<sockaddr_un> unix_address(const std::string& path);

// Listens at `path` by a file of mode 0600; `type` is SOCK_STREAM or SOCK_SEQPACKET.  Makes the
// folder; replaces a socket that nobody listens on any more.  EADDRINUSE: somebody does.
Result<Fd> listen_at(const std::string& path, int type);

// Is the other end root, or the user whom this process runs as (tests)?
bool peer_may_ask(int socket);

}  // namespace turnout
