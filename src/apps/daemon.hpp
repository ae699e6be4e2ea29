// The daemon: one loop that owns the director, its socket and the interfaces it serves.
#pragma once

#include <memory>

#include "apps/options.hpp"
#include "base/result.hpp"

namespace turnout {

// Runs until SIGTERM or SIGINT; the data plane stays.  An error says why it could not start.
Status run_daemon(const Options& options);

}  // namespace turnout
