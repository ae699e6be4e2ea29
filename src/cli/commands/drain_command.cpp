#include "cli/commands/drain_command.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "api/values.hpp"
#include "cli/api_client.hpp"
#include "cli/columns.hpp"
#include "cli/commands/listing.hpp"
#include "cli/duration.hpp"
#include "cli/tell.hpp"

namespace turnout::cli {
namespace {

constexpr char teaching[] =
    R"(A server that is drained gets no new connections, and persistent clients are given
another; the connections it has go on.  The drain ends when none is left, or at its
deadline.

Example: take a server out of all services, and remove it in ten minutes at the latest
  turnout drain start 10.1.0.11 --deadline 10m --then remove
  turnout drain list

docs/user/drain.md tells more.)";

constexpr char start_examples[] =
    R"(Examples:
  turnout drain start tcp:198.51.100.1:80 10.1.0.11:8080 --deadline 10m
  turnout drain start fwm:7 10.1.0.11
  turnout drain start 10.1.0.11 --deadline 1h --then remove     in all services
Of a server that is drained already, the options are changed.)";

constexpr char cancel_examples[] =
    R"(Examples:
  turnout drain cancel tcp:198.51.100.1:80 10.1.0.11:8080
  turnout drain cancel 10.1.0.11                                in all services
The server has its weight again, the one it was last given.)";

// [SERVICE] SERVER
Result<model::ServerChoice> choice_of(const std::vector<std::string>& words) {
    model::ServerChoice choice;
    const auto server = model::server_named(words.back());
    if (!server) return std::unexpected(server.error());
    choice.server = server->prefix.address;
    choice.port = server->port;
    if (words.size() == 1) return choice;
    const auto service = model::service_named(words.front());
    if (!service) return std::unexpected(service.error());
    choice.service = *service;
    return choice;
}

struct StartOptions {
    std::vector<std::string> words;
    std::string deadline, then, udp_idle = "1s";
};

Result<api::DrainOrder> order_of(const StartOptions& options) {
    api::DrainOrder order;
    const auto servers = choice_of(options.words);
    if (!servers) return std::unexpected(servers.error());
    order.servers = *servers;
    if (!options.deadline.empty()) {
        const auto seconds = seconds_in(options.deadline);
        if (!seconds) return fail(EINVAL, "--deadline: " + seconds.error().message);
        order.options.deadline_s = *seconds;
    }
    const auto idle = seconds_in(options.udp_idle);
    if (!idle) return fail(EINVAL, "--udp-idle: " + idle.error().message);
    if (*idle > 255) return fail(EINVAL, "--udp-idle is 255s at most");
    order.options.udp_idle_s = static_cast<uint8_t>(*idle);
    order.options.then_remove = options.then == "remove";
    return order;
}

std::string text_of(const std::map<model::Protocol, uint32_t>& connections) {
    std::string text;
    for (const auto& [protocol, count] : connections)
        text += (text.empty() ? "" : ", ") + std::to_string(count) + ' ' + name_of(protocol);
    return text.empty() ? "none" : text;
}

std::string table_of(const std::vector<model::DrainReport>& drains) {
    std::vector<std::vector<std::string>> rows{
        {"SERVICE", "SERVER", "STATE", "CONNECTIONS", "TEMPLATES", "DEADLINE IN", "THEN"}};
    for (const auto& drain : drains) {
        const bool waits = drain.left_s && !drain.is_over;
        const auto left = static_cast<uint32_t>(drain.left_s.value_or(0));
        rows.push_back({name_of(drain.service), to_string(drain.server.address, drain.server.port),
                        drain.is_over ? "drained" : "draining", text_of(drain.connections),
                        std::to_string(drain.templates), waits ? duration_of(left) : "-",
                        drain.then_remove ? "remove" : "stay"});
    }
    return in_columns(rows);
}

// It may be meant; but it is no drain that nobody notices.
void warn_of_last(const std::vector<model::DrainReport>& drains) {
    for (const auto& drain : drains)
        if (drain.is_last)
            std::fprintf(stderr,
                         "warning: %s has no other server that takes connections: new ones are "
                         "refused\n",
                         name_of(drain.service).c_str());
}

Result<int> start(const StartOptions& options) {
    const auto order = order_of(options);
    if (!order) return std::unexpected(order.error());
    const auto director = ApiClient::here();
    if (!director) return std::unexpected(director.error());
    const auto started = director->start_drain(*order);
    if (!started) return std::unexpected(started.error());
    std::fputs(table_of(*started).c_str(), stdout);
    std::fflush(stdout);
    warn_of_last(*started);
    return 0;
}

Result<int> cancel(const std::vector<std::string>& words) {
    const auto servers = choice_of(words);
    if (!servers) return std::unexpected(servers.error());
    const auto director = ApiClient::here();
    if (!director) return std::unexpected(director.error());
    const auto cancelled = director->cancel_drain(*servers);
    if (!cancelled) return std::unexpected(cancelled.error());
    std::printf("cancelled %u\n", *cancelled);
    return 0;
}

void add_words(CLI::App& command, std::vector<std::string>& words) {
    command
        .add_option("[SERVICE] SERVER", words,
                    "tcp:198.51.100.1:80, fwm:7, …, or all services; 10.1.0.11, or "
                    "10.1.0.11:8080")
        ->type_name("")
        ->expected(1, 2)
        ->required();
}

void add_starting(CLI::App& drains, int& status) {
    auto options = std::make_shared<StartOptions>();
    auto* command = drains.add_subcommand("start", "Begin to drain a server");
    command->footer(start_examples);
    add_words(*command, options->words);
    command
        ->add_option("--deadline", options->deadline,
                     "When it ends at the latest: 90s, 10m, 2h (never)")
        ->type_name("DURATION");
    command
        ->add_option("--then", options->then,
                     "remove: take the server off the service when it ends")
        ->check(CLI::IsMember({"remove"}).description(""))
        ->type_name("remove");
    command
        ->add_option("--udp-idle", options->udp_idle,
                     "UDP connections that have paused for so long are given another server; "
                     "0: none is (1s)")
        ->type_name("DURATION");
    command->callback([options, &status] { status = told("drain start", start(*options)); });
}

void add_listing(CLI::App& drains, int& status) {
    auto json = std::make_shared<bool>(false);
    auto* command = drains.add_subcommand("list", "The servers that are drained, and how far");
    command->add_flag("--json", *json, "For programs: a list of objects");
    command->callback([json, &status] {
        status = told("drain list", list(&ApiClient::drains, table_of, *json));
    });
}

void add_cancelling(CLI::App& drains, int& status) {
    auto words = std::make_shared<std::vector<std::string>>();
    auto* command = drains.add_subcommand("cancel", "Take a server back into service");
    command->footer(cancel_examples);
    add_words(*command, *words);
    command->callback([words, &status] { status = told("drain cancel", cancel(*words)); });
}

}  // namespace

void add_drain_command(CLI::App& app, int& status) {
    auto* drains = app.add_subcommand("drain", "Take a server out of service without harm");
    drains->footer(teaching);
    drains->require_subcommand(1);
    add_starting(*drains, status);
    add_listing(*drains, status);
    add_cancelling(*drains, status);
}

}  // namespace turnout::cli
