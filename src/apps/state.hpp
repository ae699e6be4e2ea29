// Where `turnout status`, `turnout down` and `turnout connections` meet the kernel.
#pragma once

#include "cli/commands/connections_command.hpp"
#include "cli/commands/status_command.hpp"

namespace turnout {

// For the current network namespace, whether a daemon runs or not.
cli::DirectorControl director_control();
cli::OpenConnections connections_of_director();

}  // namespace turnout
