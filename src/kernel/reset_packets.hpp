// The RST that tells an end of a connection that its time is over, as a packet from the other end.
#pragma once

#include <cstdint>
#include <vector>

#include "abi/connection.hpp"

namespace turnout::kernel {

// IP packets, checksums included.  Each has the number that its receiver waits for, without which
// it would not be believed (RFC 5961, section 3.2).
std::vector<uint8_t> reset_for_server(const abi::Ending& ending);  // from the client
std::vector<uint8_t> reset_for_client(const abi::Ending& ending);  // from the virtual address

}  // namespace turnout::kernel
