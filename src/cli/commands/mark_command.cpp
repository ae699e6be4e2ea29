#include "cli/commands/mark_command.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>

#include "api/values.hpp"
#include "cli/api_client.hpp"
#include "cli/commands/listing.hpp"
#include "cli/commands/mark_import.hpp"
#include "cli/mark_table.hpp"
#include "cli/mark_value.hpp"
#include "cli/tell.hpp"

namespace turnout::cli {
namespace {

using model::MarkRule;

constexpr char teaching[] =
    R"(A service by mark (ipvsadm -A -f 1) takes what several addresses and ports receive.
A packet is compared with all rules; the last one that matches decides, as with
iptables' MARK target.  A mark of these rules wins over one that the packet has
from tc.  Marks of iptables come too late for the data plane: `turnout mark import`
takes those rules over.

Example: http and https of one address as one persistent service
  turnout mark add --proto tcp --to 192.0.2.1 --ports 80,443 --mark 1
  ipvsadm -A -f 1 -s wlc -p 600
  ipvsadm -a -f 1 -r 10.1.0.11 -g

docs/user/marks.md tells more.)";

constexpr char add_examples[] =
    R"(Examples:
  turnout mark add --proto tcp --to 192.0.2.1 --ports 80,443,8000-8080 --mark 1
  turnout mark add --proto udp --from 203.0.113.0/24 --from-ports 1024-65535 --mark 2
  turnout mark add --to 2001:db8::/64 --mark 0x10        any protocol
The rule is put behind those that are there, and its number is printed.)";

// What is given but empty is a mistake, not "any": a variable of a script may have been empty.
struct AddOptions {
    std::optional<std::string> protocol, from, to, from_ports, ports, mark;
    bool ipv6 = false;
};

// Reads the text of option `name`, if it was given, by `parse` into `value`.
template <class Value, class Parse>
Status read(const char* name, const std::optional<std::string>& text, Parse parse, Value& value) {
    if (!text) return {};
    auto parsed = parse(*text);
    if (!parsed) return fail(EINVAL, std::string(name) + ": " + parsed.error().message);
    value = *std::move(parsed);
    return {};
}

Result<uint32_t> parse_mark(const std::string& text) {
    if (const auto mark = mark_value(text)) return *mark;
    return fail(EINVAL, '"' + text + "\" is no mark: a number from 1 to 4294967295, or 0x…");
}

Result<MarkRule> rule_of(const AddOptions& options) {
    MarkRule rule;
    if (options.protocol) rule.protocol = api::protocol_named(*options.protocol);
    for (const Status& read :
         {read("--from", options.from, model::Prefix::parse, rule.from),
          read("--to", options.to, model::Prefix::parse, rule.to),
          read("--from-ports", options.from_ports, model::parse_ports, rule.from_ports),
          read("--ports", options.ports, model::parse_ports, rule.to_ports),
          read("--mark", options.mark, parse_mark, rule.mark)})
        if (!read) return std::unexpected(read.error());
    const auto& address = rule.from ? rule.from : rule.to;
    rule.family = address ? address->address.family : model::Family::ipv4;
    if (options.ipv6) rule.family = model::Family::ipv6;
    if (auto ok = check(rule); !ok) return std::unexpected(ok.error());
    return rule;
}

Result<int> add(const AddOptions& options) {
    const auto rule = rule_of(options);
    if (!rule) return std::unexpected(rule.error());
    const auto director = ApiClient::here();
    if (!director) return std::unexpected(director.error());
    const auto added = director->add({*rule});
    if (!added) return std::unexpected(added.error());
    for (const MarkRule& one : *added) std::printf("rule %u\n", one.number);
    return 0;
}

// A number that does not exist is told before anything is deleted.
Result<int> remove(const std::set<uint32_t>& numbers) {
    const auto director = ApiClient::here();
    if (!director) return std::unexpected(director.error());
    const auto rules = director->mark_rules();
    if (!rules) return std::unexpected(rules.error());
    for (const uint32_t number : numbers)
        if (std::ranges::find(*rules, number, &MarkRule::number) == rules->end())
            return fail(ENOENT,
                        "no mark rule " + std::to_string(number) +
                            ", nothing is deleted; `turnout mark list` shows those there are");
    for (const uint32_t number : numbers)
        if (auto done = director->remove_mark_rule(number); !done)
            return std::unexpected(done.error());
    return 0;
}

void add_adding(CLI::App& marks, int& status) {
    auto options = std::make_shared<AddOptions>();
    auto* command = marks.add_subcommand("add", "Add a rule; what is not given matches anything");
    command->footer(add_examples);
    command->add_option("--proto", options->protocol, "tcp, udp or sctp")
        ->check(CLI::IsMember({"tcp", "udp", "sctp"}).description(""))
        ->type_name("NAME");
    command->add_option("--from", options->from, "The client's address")->type_name("PREFIX");
    command->add_option("--to", options->to, "The address it asks")->type_name("PREFIX");
    command->add_option("--ports", options->ports, "The ports it asks: 80,443,8000-8080")
        ->type_name("PORTS");
    command->add_option("--from-ports", options->from_ports, "The client's own ports")
        ->type_name("PORTS");
    command->add_option("--mark", options->mark, "What such packets get: from 1 on, or 0x…")
        ->type_name("MARK")
        ->required();
    command->add_flag("-6,--ipv6", options->ipv6, "The rule is for IPv6, where no address tells");
    command->callback([options, &status] { status = told("mark add", add(*options)); });
}

void add_listing(CLI::App& marks, int& status) {
    auto json = std::make_shared<bool>(false);
    auto* command = marks.add_subcommand("list", "The rules, in the order they are looked at");
    command->add_flag("--json", *json, "For programs: a list of objects");
    command->callback([json, &status] {
        status = told("mark list", list(&ApiClient::mark_rules, table_of, *json));
    });
}

void add_deleting(CLI::App& marks, int& status) {
    auto numbers = std::make_shared<std::set<uint32_t>>();
    auto* command = marks.add_subcommand("delete", "Delete rules by their numbers");
    command->add_option("NUMBER", *numbers, "As `turnout mark list` shows them")
        ->type_name("")
        ->required();
    command->callback([numbers, &status] { status = told("mark delete", remove(*numbers)); });
}

}  // namespace

void add_mark_command(CLI::App& app, int& status) {
    auto* marks = app.add_subcommand("mark", "Rules that mark packets, for services by mark");
    marks->footer(teaching);
    marks->require_subcommand(1);
    add_adding(*marks, status);
    add_listing(*marks, status);
    add_deleting(*marks, status);
    add_mark_import(*marks, status);
}

}  // namespace turnout::cli
