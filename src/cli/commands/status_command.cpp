#include "cli/commands/status_command.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace turnout::cli {
namespace {

void print_json(const DirectorState& state) {
    nlohmann::json json;
    json["daemon"] = state.daemon_pid ? nlohmann::json(state.daemon_pid) : nlohmann::json(nullptr);
    json["interfaces"] = nlohmann::json::array();
    for (const auto& interface : state.interfaces)
        json["interfaces"].push_back(
            {{"name", interface.name}, {"xdp", interface.xdp}, {"tc", interface.tc}});
    json["connections"] = {{"size", state.connections_size}, {"used", state.connections_used}};
    json["defences"] = state.defences;
    json["packets_without_record"] = state.stateless;
    json["services"] = state.services;
    json["servers"] = state.servers;
    json["drops"] = state.drops;
    std::printf("%s\n", json.dump(2).c_str());
}

void print_text(const DirectorState& state) {
    if (state.daemon_pid)
        std::printf("daemon       running, process %d\n", state.daemon_pid);
    else
        std::printf("daemon       not running: packets are forwarded, changes need `turnoutd`\n");
    std::printf("services     %llu, with %llu servers\n",
                static_cast<unsigned long long>(state.services),
                static_cast<unsigned long long>(state.servers));
    std::printf("connections  %llu in a table for %llu\n",
                static_cast<unsigned long long>(state.connections_used),
                static_cast<unsigned long long>(state.connections_size));
    for (const auto& defence : state.defences) std::printf("under load   %s\n", defence.c_str());
    if (state.stateless)
        std::printf("no record    %llu packets forwarded without one, for want of room\n",
                    static_cast<unsigned long long>(state.stateless));
    for (const auto& interface : state.interfaces)
        std::printf("interface    %-15s xdp %-8s tc %s\n", interface.name.c_str(),
                    interface.xdp.c_str(), interface.tc ? "on" : "off");
    for (const auto& [reason, count] : state.drops)
        if (count)
            std::printf("dropped      %llu: %s\n", static_cast<unsigned long long>(count),
                        reason.c_str());
}

int tell(const Error& error) {
    std::fprintf(stderr, "turnout: %s\n", error.message.c_str());
    return 1;
}

}  // namespace

void add_status_commands(CLI::App& app, const DirectorControl& control, int& status) {
    auto* show = app.add_subcommand("status", "What the director of this network namespace does");
    static bool json = false;
    show->add_flag("--json", json, "For programs: one JSON object");
    show->callback([control, &status] {
        const auto state = control.state();
        status = state ? 0 : tell(state.error());
        if (state && json) print_json(*state);
        if (state && !json) print_text(*state);
    });
    auto* down = app.add_subcommand(
        "down", "End the daemon and remove the data plane, with all its services and connections");
    static bool keep_services = false;
    down->add_flag("--keep-services", keep_services,
                   "The next turnoutd starts with the services as they were saved");
    down->callback([control, &status] {
        const auto removed = control.down(keep_services);
        status = removed ? 0 : tell(removed.error());
        if (removed) std::puts(*removed ? "removed" : "nothing to remove");
    });
    auto* version = app.add_subcommand("version", "Print the version");
    version->callback([] { std::puts("turnout " TURNOUT_VERSION); });
}

}  // namespace turnout::cli
