// `turnout drain`: takes a server out of service without harm to the connections it has.
#pragma once

#include <CLI/CLI.hpp>

namespace turnout::cli {

// Adds the subcommand with its own; when one has run, `status` is what the program should exit
// with.
void add_drain_command(CLI::App& app, int& status);

}  // namespace turnout::cli
