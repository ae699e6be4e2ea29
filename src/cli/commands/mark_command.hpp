// `turnout mark`: the rules that give packets a firewall mark.
#pragma once

#include <CLI/CLI.hpp>

namespace turnout::cli {

// Adds the subcommand with its own; when one has run, `status` is what the program should exit
// with.
void add_mark_command(CLI::App& app, int& status);

}  // namespace turnout::cli
