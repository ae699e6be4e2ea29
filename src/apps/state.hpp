// Where `turnout status` and `turnout down` meet the kernel.
#pragma once

#include "cli/status_command.hpp"

namespace turnout {

// For the current network namespace, whether a daemon runs or not.
cli::DirectorControl director_control();

}  // namespace turnout
