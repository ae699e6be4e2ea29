// `turnout service`: what a service has that ipvsadm has no word for.
#pragma once

#include <CLI/CLI.hpp>

namespace turnout::cli {

void add_service_command(CLI::App& app, int& status);

}  // namespace turnout::cli
