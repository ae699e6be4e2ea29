// `turnout settings import`: IPVS's settings out of sysctl.d.
#pragma once

#include <CLI/CLI.hpp>

namespace turnout::cli {

void add_settings_import(CLI::App& settings, int& status);

}  // namespace turnout::cli
