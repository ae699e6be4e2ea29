// `turnout export`: the director's counters for monitoring that knows the kernel's IPVS.
#pragma once

#include <CLI/CLI.hpp>

namespace turnout::cli {

void add_export_command(CLI::App& app, int& status);

}  // namespace turnout::cli
