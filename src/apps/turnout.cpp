// turnout: the operator's tool beside ipvsadm.
#include "cli/realserver_command.hpp"

int main(int count, char** arguments) {
    CLI::App app("Turnout, a layer-4 switch for Linux", "turnout");
    app.set_version_flag("--version", TURNOUT_VERSION);
    app.require_subcommand(1);
    int status = 0;
    turnout::cli::add_realserver_command(app, status);
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return status;
}
