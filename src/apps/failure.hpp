// What a program says of a command line that it does not understand: its name, the fault, the cure.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace turnout {

// For CLI::App::failure_message.
inline std::string tell_failure(const CLI::App* app, const CLI::Error& error) {
    const auto strays = app->remaining(true);
    const std::string fault = error.get_name() == "RequiredError" && !strays.empty()
                                  ? "there is no subcommand '" + strays.front() + "'"
                                  : error.what();
    return app->get_name() + ": " + fault + "\n" + app->get_name() + " --help tells more\n";
}

}  // namespace turnout
