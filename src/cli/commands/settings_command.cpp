#include "cli/commands/settings_command.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/number.hpp"
#include "cli/api_client.hpp"
#include "cli/columns.hpp"
#include "cli/commands/listing.hpp"
#include "cli/commands/settings_import.hpp"
#include "cli/tell.hpp"

namespace turnout::cli {
namespace {

std::string table_of(const std::vector<model::Setting>& settings) {
    std::vector<std::vector<std::string>> rows{{"SETTING", "VALUE", "DEFAULT", "MEANING"}};
    for (const auto& setting : settings)
        rows.push_back({setting.name, std::to_string(setting.value),
                        std::to_string(setting.standard), setting.meaning});
    return in_columns(rows);
}

Result<int64_t> parse_value(const std::string& text) {
    if (const auto value = number_of<int64_t>(text)) return *value;
    return fail(EINVAL, '"' + text + "\" is no value: settings are whole numbers");
}

Result<int> set(const std::string& name, const std::string& text) {
    const auto value = parse_value(text);
    if (!value) return std::unexpected(value.error());
    const auto director = ApiClient::here();
    if (!director) return std::unexpected(director.error());
    if (auto done = director->set(name, *value); !done) return std::unexpected(done.error());
    return 0;
}

void add_showing(CLI::App& app, int& status) {
    auto json = std::make_shared<bool>(false);
    auto* command = app.add_subcommand("settings", "The director's settings and their meanings");
    command->footer("Change one with `turnout set NAME VALUE`.");
    command->add_flag("--json", *json, "For programs: a list of objects");
    add_settings_import(*command, status);
    command->callback([command, json, &status] {
        if (command->get_subcommands().empty())
            status = told("settings", list(&ApiClient::settings, table_of, *json));
    });
}

void add_setting(CLI::App& app, int& status) {
    struct Options {
        std::string name, value;
    };
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("set", "Change a setting, at once and for good");
    command->footer(
        "Example:\n  turnout set expire_quiescent_template 1\n"
        "Names and meanings are IPVS's (net.ipv4.vs.*) where it has them; `turnout settings` lists "
        "all.");
    command->add_option("NAME", options->name, "As `turnout settings` shows it")
        ->type_name("")
        ->required();
    command->add_option("VALUE", options->value, "A whole number")->type_name("")->required();
    command->callback(
        [options, &status] { status = told("set", set(options->name, options->value)); });
}

}  // namespace

void add_settings_commands(CLI::App& app, int& status) {
    add_showing(app, status);
    add_setting(app, status);
}

}  // namespace turnout::cli
