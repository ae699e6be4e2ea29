#include "cli/commands/service_command.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "api/values.hpp"
#include "cli/api_client.hpp"
#include "cli/columns.hpp"
#include "cli/duration.hpp"
#include "cli/tell.hpp"
#include "model/names.hpp"

namespace turnout::cli {
namespace {

constexpr char naming[] = "tcp:198.51.100.1:80, udp:[2001:db8::1]:53, fwm:7";

// "established=2h"; "established=default" for everybody's.
Status read_timeout(const std::string& text, model::StateTimeouts& timeouts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos)
        return fail(EINVAL, "--timeout " + text + ": write STATE=DURATION, as established=2h");
    const std::string value = text.substr(equals + 1);
    const auto seconds = value == "default" ? Result<uint32_t>(0) : seconds_in(value);
    if (!seconds) return std::unexpected(seconds.error());
    if (value != "default" && *seconds == 0)
        return fail(ERANGE, "--timeout " + text + ": a timeout is a second at least");
    timeouts[text.substr(0, equals)] = *seconds;
    return {};
}

struct Wish {
    std::string service;
    std::vector<std::string> timeouts;
    std::string reset_idle;  // "on", "off", or "": as it is
};

Result<int> set(const Wish& wish) {
    const auto service = model::service_named(wish.service);
    if (!service) return std::unexpected(service.error());
    model::StateTimeouts timeouts;
    for (const auto& text : wish.timeouts)
        if (auto ok = read_timeout(text, timeouts); !ok) return std::unexpected(ok.error());
    if (timeouts.empty() && wish.reset_idle.empty())
        return fail(EINVAL, "what is to be set? Name --timeout or --reset-idle");
    const auto director = ApiClient::here();
    if (!director) return std::unexpected(director.error());
    if (!timeouts.empty())
        if (auto done = director->set_service_timeouts(*service, timeouts); !done)
            return std::unexpected(done.error());
    if (!wish.reset_idle.empty())
        if (auto done = director->set_resets_idle(*service, wish.reset_idle == "on"); !done)
            return std::unexpected(done.error());
    return 0;
}

Result<int> show(const std::string& name, bool json) {
    const auto service = model::service_named(name);
    if (!service) return std::unexpected(service.error());
    const auto director = ApiClient::here();
    if (!director) return std::unexpected(director.error());
    const auto timeouts = director->service_timeouts(*service);
    if (!timeouts) return std::unexpected(timeouts.error());
    const auto resets = director->resets_idle(*service);
    if (!resets) return std::unexpected(resets.error());
    if (json) {
        std::puts(nlohmann::json{
            {"service", name_of(*service)}, {"timeouts", *timeouts}, {"reset_idle", *resets}}
                      .dump(2)
                      .c_str());
        return 0;
    }
    if (*resets) std::puts("idle TCP connections end with a RST to both ends");
    std::vector<std::vector<std::string>> rows{{"TIMEOUT", "OF ITS OWN"}};
    for (const auto& [state, seconds] : *timeouts) rows.push_back({state, duration_of(seconds)});
    if (timeouts->empty())
        std::puts("everybody's timeouts: `turnout settings` shows them");
    else
        std::fputs(in_columns(rows).c_str(), stdout);
    return 0;
}

void add_setting(CLI::App& services, int& status) {
    auto wish = std::make_shared<Wish>();
    auto* command = services.add_subcommand(
        "set", "Say how long a service's connections last, and how they end");
    command->footer(
        "Example:\n  turnout service set tcp:198.51.100.1:80 --timeout "
        "established=2h,fin_wait=20s\n"
        "  turnout service set tcp:198.51.100.1:80 --timeout established=default\n"
        "  turnout service set tcp:198.51.100.1:80 --reset-idle on\n"
        "`turnout settings` lists the states, as timeout.STATE, with everybody's timeouts.");
    command->add_option("SERVICE", wish->service, naming)->type_name("")->required();
    command
        ->add_option("--timeout", wish->timeouts,
                     "How long a connection may be idle in that state (repeatable)")
        ->type_name("STATE=DURATION")
        ->delimiter(',');
    command
        ->add_option("--reset-idle", wish->reset_idle,
                     "Tell both ends of a TCP connection by a RST when it has been idle too long")
        ->type_name("on|off")
        ->check(CLI::IsMember({"on", "off"}));
    command->callback([wish, &status] { status = told("service set", set(*wish)); });
}

void add_showing(CLI::App& services, int& status) {
    struct Options {
        std::string service;
        bool json = false;
    };
    auto options = std::make_shared<Options>();
    auto* command = services.add_subcommand(
        "show", "The timeouts that a service has of its own, and whether it resets");
    command->add_option("SERVICE", options->service, naming)->type_name("")->required();
    command->add_flag("--json", options->json, "For programs: an object");
    command->callback([options, &status] {
        status = told("service show", show(options->service, options->json));
    });
}

}  // namespace

void add_service_command(CLI::App& app, int& status) {
    auto* services = app.add_subcommand("service", "What a service has that ipvsadm cannot say");
    services->require_subcommand(1);
    add_setting(*services, status);
    add_showing(*services, status);
}

}  // namespace turnout::cli
