#include "cli/commands/connections_command.hpp"

#include <cerrno>
#include <cstdio>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/api_client.hpp"
#include "cli/columns.hpp"
#include "cli/commands/connection_filter.hpp"
#include "cli/connection_counts.hpp"
#include "cli/connection_row.hpp"
#include "cli/tell.hpp"

namespace turnout::cli {
namespace {

using model::ConnectionReport;
using Visit = std::function<void(const ConnectionReport&)>;

constexpr char list_examples[] =
    R"(Examples:
  turnout connections --client 203.0.113.0/24 --state ESTABLISHED
  turnout connections --service tcp:198.51.100.1:80 --server 10.1.0.11 --json
  turnout connections --count
  turnout connections --top 10 --by client
A service is named tcp:ADDRESS:PORT, udp:…, sctp:…, fwm:MARK or fwm:MARK/ipv6; an IPv6
address with a port stands in brackets.  Templates of persistent clients are listed among
the connections, with the flag "template".
docs/user/connections.md tells more.)";

constexpr char delete_examples[] =
    R"(Examples:
  turnout connection delete --client 203.0.113.7
  turnout connection delete --server 10.1.0.11 --protocol udp
  turnout connection delete --all
The server no longer counts them, and the next packet finds no connection: UDP is given a
server anew, a TCP client gets a reset or no answer.  Templates go as well, so a persistent
client may be given another server.)";

struct ListOptions {
    FilterOptions filter;
    uint64_t limit = std::numeric_limits<uint64_t>::max();
    size_t top = 0;
    std::string by = "client";
    bool count = false, json = false;
};

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

// Visits what the filter names, and lets `part_done` say after each part whether to go on.
template <class PartDone>
void walk(const ConnectionParts& parts, const model::ConnectionFilter& filter, const Visit& visit,
          const PartDone& part_done) {
    const Visit matching = [&](const ConnectionReport& connection) {
        if (filter.matches(connection)) visit(connection);
    };
    for (uint32_t part = 0; parts(part, matching); ++part)
        if (!part_done()) return;
}

void walk(const ConnectionParts& parts, const model::ConnectionFilter& filter, const Visit& visit) {
    walk(parts, filter, visit, [] { return true; });
}

// Printed part by part: there may be millions.
void list(const ConnectionParts& parts, const model::ConnectionFilter& filter,
          const ListOptions& options) {
    std::string text = options.json ? "[" : std::string(connection_title);
    uint64_t listed = 0;
    const Visit append = [&](const ConnectionReport& connection) {
        if (listed >= options.limit) return;
        if (options.json) {
            text += listed ? ",\n " : "\n ";
            append_json(text, connection);
        } else {
            append_row(text, connection);
        }
        ++listed;
    };
    walk(parts, filter, append, [&] {
        print(text);
        text.clear();
        return listed < options.limit;
    });
    print(text + (options.json ? "\n]\n" : ""));
}

void count(const ConnectionParts& parts, const model::ConnectionFilter& filter, bool json) {
    ConnectionCounts counts;
    walk(parts, filter, [&](const ConnectionReport& connection) { counts.add(connection); });
    print(json ? counts.json().dump(2) + '\n' : counts.text());
}

TopTalkers::By by_named(const std::string& name) {
    if (name == "server") return TopTalkers::By::server;
    return name == "service" ? TopTalkers::By::service : TopTalkers::By::client;
}

// Templates are no connections: they count only where they are asked for.
void tell_top(const ConnectionParts& parts, model::ConnectionFilter filter,
              const ListOptions& options) {
    if (!filter.is_template) filter.is_template = false;
    TopTalkers talkers(by_named(options.by));
    walk(parts, filter, [&](const ConnectionReport& connection) { talkers.add(connection); });
    auto list = nlohmann::json::array();
    std::vector<std::vector<std::string>> rows{{"COUNT", options.by}};
    for (const auto& [name, number] : talkers.top(options.top)) {
        list.push_back({{options.by, name}, {"count", number}});
        rows.push_back({std::to_string(number), name});
    }
    print(options.json ? list.dump(2) + '\n' : in_columns(rows));
}

Result<int> show(const OpenConnections& open, const ListOptions& options) {
    const auto filter = filter_of(options.filter);
    if (!filter) return std::unexpected(filter.error());
    const auto parts = open();
    if (!parts) return std::unexpected(parts.error());
    if (options.count)
        count(*parts, *filter, options.json);
    else if (options.top)
        tell_top(*parts, *filter, options);
    else
        list(*parts, *filter, options);
    return 0;
}

// Connections first: a template that none names any more ends at once.
Result<int> remove(const FilterOptions& options, bool all) {
    auto words = words_of(options);
    if (!words) return std::unexpected(words.error());
    if (words->empty() && !all) return fail(EINVAL, "which connections? Give a filter, or --all");
    if (all) words->emplace_back("all", "1");
    const auto director = ApiClient::here();
    if (!director) return std::unexpected(director.error());
    uint64_t ended[2] = {};
    for (const bool templates : {false, true}) {
        if (options.templates && !templates) continue;
        auto kind = *words;
        if (!options.templates) kind.emplace_back("kind", templates ? "template" : "connection");
        const auto done = director->end_connections(kind);
        if (!done) return std::unexpected(done.error());
        ended[templates] = *done;
    }
    std::printf("ended %llu connections and %llu templates\n",
                static_cast<unsigned long long>(ended[false]),
                static_cast<unsigned long long>(ended[true]));
    return 0;
}

void add_listing(CLI::App& app, const OpenConnections& open, int& status) {
    auto options = std::make_shared<ListOptions>();
    auto* command = app.add_subcommand("connections", "List connections, or count them");
    command->footer(list_examples);
    add_filter_options(*command, options->filter);
    auto* limit =
        command->add_option("--limit", options->limit, "List so many at most")
            ->check(CLI::Range(uint64_t{1}, std::numeric_limits<uint64_t>::max()).description(""))
            ->type_name("N");
    auto* count = command->add_flag("--count", options->count,
                                    "How many, by protocol and state, by service and server");
    auto* top = command->add_option("--top", options->top, "Who has the most connections")
                    ->check(CLI::Range(size_t{1}, size_t{1} << 20).description(""))
                    ->type_name("N");
    command->add_option("--by", options->by, "With --top: client, server or service")
        ->check(CLI::IsMember({"client", "server", "service"}).description(""))
        ->type_name("WHAT")
        ->needs(top);
    limit->excludes(count)->excludes(top);
    count->excludes(top);
    command->add_flag("--json", options->json, "For programs: a list, one object a connection");
    command->callback(
        [options, open, &status] { status = told("connections", show(open, *options)); });
}

void add_deleting(CLI::App& app, int& status) {
    struct Options {
        FilterOptions filter;
        bool all = false;
    };
    auto options = std::make_shared<Options>();
    auto* group = app.add_subcommand("connection", "Do something to connections");
    group->require_subcommand(1);
    auto* command = group->add_subcommand("delete", "End the connections that a filter names");
    command->footer(delete_examples);
    add_filter_options(*command, options->filter);
    command->add_flag("--all", options->all, "All of them, where no filter is given");
    command->callback([options, &status] {
        status = told("connection delete", remove(options->filter, options->all));
    });
}

}  // namespace

void add_connections_commands(CLI::App& app, const OpenConnections& open, int& status) {
    add_listing(app, open, status);
    add_deleting(app, status);
}

}  // namespace turnout::cli
