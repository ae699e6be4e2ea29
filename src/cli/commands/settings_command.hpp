// `turnout settings` and `turnout set`: the choices that a person may make.
#pragma once

#include <CLI/CLI.hpp>

namespace turnout::cli {

// Adds the subcommands; when one has run, `status` is what the program should exit with.
void add_settings_commands(CLI::App& app, int& status);

}  // namespace turnout::cli
