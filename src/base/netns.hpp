// Which network namespace this thread lives in, as the kernel's own number for it.
#pragma once

#include <cstdint>

#include "base/result.hpp"

namespace turnout {

// The cookie of the current network namespace (SO_NETNS_COOKIE, Linux 5.14): never reused while the
// machine runs.  Error: the errno of the refused system call.
Result<uint64_t> netns_cookie();

}  // namespace turnout
