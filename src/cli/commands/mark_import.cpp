#include "cli/commands/mark_import.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "cli/api_client.hpp"
#include "cli/input.hpp"
#include "cli/iptables/import.hpp"
#include "cli/mark_table.hpp"
#include "cli/tell.hpp"

namespace turnout::cli {
namespace {

constexpr char examples[] =
    R"(Examples:
  iptables-save -t mangle | turnout mark import --dry-run
  iptables-save -t mangle | turnout mark import
  turnout mark import /etc/iptables/rules.v4
Rules are added behind those that are there; importing twice adds them twice.
Exit status: 0 when every MARK rule was taken, 1 when some were not (each is named
with its line and the reason), 2 when nothing could be done.)";

constexpr int some_left = 1, nothing_done = 2;

struct Options {
    std::string file = "-";
    bool dry_run = false;
    bool ipv6 = false;
};

// The rules as they now are in the director, or as they would be.
Result<std::vector<model::MarkRule>> add(const iptables::Import& import, bool dry_run) {
    std::vector<model::MarkRule> rules;
    for (const auto& taken : import.taken) rules.push_back(taken.rule);
    if (dry_run || rules.empty()) return rules;
    const auto director = ApiClient::here();
    if (!director) return std::unexpected(director.error());
    return director->add(rules);
}

void print_taken(const std::vector<model::MarkRule>& rules, bool dry_run) {
    std::printf("%s %zu of the MARK rules\n", dry_run ? "would take over" : "took over",
                rules.size());
    if (!rules.empty()) std::fputs(table_of(rules).c_str(), stdout);
    std::fflush(stdout);
}

void print_left(const std::vector<iptables::Import::Left>& left) {
    for (const auto& [rule, reason] : left)
        std::fprintf(stderr, "not taken over: line %zu: %s\n    %s\n", rule.line, rule.text.c_str(),
                     reason.c_str());
}

Result<int> run(const Options& options) {
    const auto text = read_text(options.file);
    if (!text) return std::unexpected(text.error());
    const auto family = options.ipv6 ? model::Family::ipv6 : model::Family::ipv4;
    const auto import = iptables::import_marks(*text, family);
    if (!import) return std::unexpected(import.error());
    const auto rules = add(*import, options.dry_run);
    if (!rules) return std::unexpected(rules.error());
    print_taken(*rules, options.dry_run);
    print_left(import->left);
    return import->left.empty() ? 0 : some_left;
}

}  // namespace

void add_mark_import(CLI::App& marks, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = marks.add_subcommand("import", "Take over the MARK rules of iptables-save");
    command->footer(examples);
    command->add_option("FILE", options->file, "The text of iptables-save or ip6tables-save (-)")
        ->type_name("");
    command->add_flag("--dry-run", options->dry_run, "Say what would be done, and add nothing");
    command->add_flag("-6,--ipv6", options->ipv6,
                      "The text is ip6tables', where its first line does not say so");
    command->callback(
        [options, &status] { status = told("mark import", run(*options), nothing_done); });
}

}  // namespace turnout::cli
