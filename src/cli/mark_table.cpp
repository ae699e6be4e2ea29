#include "cli/mark_table.hpp"

#include "api/values.hpp"
#include "cli/columns.hpp"

namespace turnout::cli {
namespace {

using model::Family, model::MarkRule;

std::string text_of(const std::optional<model::Prefix>& prefix, Family family) {
    if (prefix) return prefix->to_string();
    return family == Family::ipv4 ? "any" : "any IPv6";
}

std::string text_of(const std::vector<model::PortRange>& ports) {
    return ports.empty() ? "any" : to_string(ports);
}

}  // namespace

std::string table_of(const std::vector<MarkRule>& rules) {
    std::vector<std::vector<std::string>> rows{
        {"RULE", "MARK", "PROTO", "FROM", "PORTS", "TO", "PORTS"}};
    for (const MarkRule& rule : rules)
        rows.push_back({std::to_string(rule.number), std::to_string(rule.mark),
                        rule.protocol ? api::name_of(*rule.protocol) : "any",
                        text_of(rule.from, rule.family), text_of(rule.from_ports),
                        text_of(rule.to, rule.family), text_of(rule.to_ports)});
    return in_columns(rows);
}

}  // namespace turnout::cli
