// `turnout realserver`: prepares, checks and restores a server of a direct or tunnel service.
#pragma once

#include <CLI/CLI.hpp>

namespace turnout::cli {

// Adds the subcommand; when it has run, `status` is what the program should exit with.
void add_realserver_command(CLI::App& app, int& status);

}  // namespace turnout::cli
