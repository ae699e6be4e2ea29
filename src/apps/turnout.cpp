// turnout: the operator's tool beside ipvsadm.
#include "apps/failure.hpp"
#include "apps/rehearsal.hpp"
#include "apps/state.hpp"
#include "cli/commands/connections_command.hpp"
#include "cli/commands/drain_command.hpp"
#include "cli/commands/export_command.hpp"
#include "cli/commands/mark_command.hpp"
#include "cli/commands/migrate_command.hpp"
#include "cli/commands/realserver_command.hpp"
#include "cli/commands/service_command.hpp"
#include "cli/commands/settings_command.hpp"
#include "cli/commands/status_command.hpp"

int main(int count, char** arguments) {
    CLI::App app(
        "Turnout, a layer-4 switch for Linux.\n\n"
        "Services and real servers are configured with ipvsadm; this tool does what ipvsadm has no "
        "word for.\nThe director itself is turnoutd.",
        "turnout");
    app.set_version_flag("--version", "turnout " TURNOUT_VERSION);
    app.failure_message(turnout::tell_failure);
    app.require_subcommand(1);
    int status = 0;
    turnout::cli::add_status_commands(app, turnout::director_control(), status);
    turnout::cli::add_connections_commands(app, turnout::connections_of_director(), status);
    turnout::cli::add_drain_command(app, status);
    turnout::cli::add_mark_command(app, status);
    turnout::cli::add_settings_commands(app, status);
    turnout::cli::add_service_command(app, status);
    turnout::cli::add_export_command(app, status);
    turnout::cli::add_migrate_command(app, turnout::make_rehearsal, status);
    turnout::cli::add_realserver_command(app, status);
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return status;
}
