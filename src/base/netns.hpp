// Which network namespace this thread lives in, as the kernel's own number for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace turnout {

// The cookie of the current network namespace (SO_NETNS_COOKIE, Linux 5.14): never reused while the
// machine runs.  Error: the errno of the refused system call.
Result<uint64_t> netns_cookie();

// The name under which the current network namespace comes again after a reboot: its name in
// /run/netns, "" for the one that the machine (or container) starts with, nothing for any other.
// Of several names, the first in the alphabet.
std::optional<std::string> netns_name();

}  // namespace turnout
