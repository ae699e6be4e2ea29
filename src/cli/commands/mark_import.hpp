// `turnout mark import`: takes the MARK rules of iptables over.
#pragma once

#include <CLI/CLI.hpp>

namespace turnout::cli {

// Adds the subcommand to `turnout mark`.  Its exit status: 0 when every MARK rule was taken, 1 when
// some were not, 2 when nothing could be done.
void add_mark_import(CLI::App& marks, int& status);

}  // namespace turnout::cli
