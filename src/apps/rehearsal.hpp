// A director in memory, without a kernel: what `turnout migrate check` tries everything in.
#pragma once

#include <memory>

#include "cli/commands/migrate_command.hpp"

namespace turnout {

// As large as turnoutd makes one.
std::unique_ptr<cli::Rehearsal> make_rehearsal();

}  // namespace turnout
