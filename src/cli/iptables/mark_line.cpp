#include "cli/iptables/mark_line.hpp"

#include <algorithm>
#include <cerrno>
#include <map>

#include "cli/mark_value.hpp"

namespace turnout::cli::iptables {
namespace {

using model::MarkRule, model::Protocol;
using Take = Status (*)(const Option& option, MarkRule& rule);

constexpr uint32_t all_bits = 0xffffffff;

std::unexpected<Error> because(const Option& option, const std::string& reason) {
    return fail(EOPNOTSUPP, option.to_string() + ": " + reason);
}

const std::string& value_of(const Option& option) {
    static const std::string none;
    return option.values.empty() ? none : option.values.front();
}

Status take_protocol(const Option& option, MarkRule& rule) {
    static const std::map<std::string, Protocol, std::less<>> known{
        {"tcp", Protocol::tcp}, {"udp", Protocol::udp}, {"sctp", Protocol::sctp},
        {"6", Protocol::tcp},   {"17", Protocol::udp},  {"132", Protocol::sctp}};
    const auto at = known.find(value_of(option));
    if (at == known.end()) return because(option, "services are of tcp, udp and sctp");
    rule.protocol = at->second;
    return {};
}

Status take_prefix(const Option& option, MarkRule& rule, std::optional<model::Prefix>& prefix) {
    auto parsed = model::Prefix::parse(value_of(option));
    if (!parsed) return because(option, "this is no prefix: " + parsed.error().message);
    rule.family = parsed->address.family;
    prefix = *std::move(parsed);
    return {};
}
Status take_source(const Option& option, MarkRule& rule) {
    return take_prefix(option, rule, rule.from);
}
Status take_destination(const Option& option, MarkRule& rule) {
    return take_prefix(option, rule, rule.to);
}

Status take_ports(const Option& option, std::vector<model::PortRange>& ports) {
    if (!ports.empty())
        return because(option, "a rule has one list of ports, and this is the second");
    auto parsed = model::parse_ports(value_of(option));
    if (!parsed) return because(option, parsed.error().message);
    ports = *std::move(parsed);
    return {};
}
Status take_source_ports(const Option& option, MarkRule& rule) {
    return take_ports(option, rule.from_ports);
}
Status take_destination_ports(const Option& option, MarkRule& rule) {
    return take_ports(option, rule.to_ports);
}

// Matches by name; what they ask for are options of their own.
Status take_match(const Option& option, MarkRule&) {
    for (const char* known : {"tcp", "udp", "sctp", "multiport", "comment"})
        if (value_of(option) == known) return {};
    return because(option, "rules of Turnout look at addresses, protocol and ports only");
}

// "0x1/0xffffffff": the value, and the bits that are replaced.
Status take_mark(const Option& option, MarkRule& rule) {
    const std::string_view text = value_of(option);
    const size_t slash = text.find('/');
    const auto value = mark_value(text.substr(0, slash));
    const auto mask =
        slash == std::string_view::npos ? all_bits : mark_value(text.substr(slash + 1));
    if (!value || !mask) return because(option, "this is no mark");
    if (*mask != all_bits) return because(option, "rules of Turnout set a mark as a whole");
    if (*value == 0) return because(option, "a mark of 0 is none, and rules of Turnout give one");
    rule.mark = *value;
    return {};
}

Status take_nothing(const Option&, MarkRule&) {
    return {};
}

template <const char* reason>
Status refuse(const Option& option, MarkRule&) {
    return because(option, reason);
}

constexpr char interfaces[] = "rules of Turnout do not look at interfaces";
constexpr char fragments[] = "rules of Turnout do not look at fragments";
constexpr char bits[] = "rules of Turnout set a mark as a whole";
constexpr char either_end[] = "this is one rule for --sports and one for --dports: add the two";

const std::map<std::string, Take, std::less<>> options{
    {"-j", take_nothing},
    {"--comment", take_nothing},
    {"-p", take_protocol},
    {"-s", take_source},
    {"-d", take_destination},
    {"-m", take_match},
    {"--sport", take_source_ports},
    {"--sports", take_source_ports},
    {"--dport", take_destination_ports},
    {"--dports", take_destination_ports},
    {"--set-mark", take_mark},
    {"--set-xmark", take_mark},
    {"-i", refuse<interfaces>},
    {"-o", refuse<interfaces>},
    {"-f", refuse<fragments>},
    {"--or-mark", refuse<bits>},
    {"--and-mark", refuse<bits>},
    {"--xor-mark", refuse<bits>},
    {"--ports", refuse<either_end>},
};

Status take(const Option& option, MarkRule& rule) {
    if (option.negated) return because(option, "rules of Turnout know no negation");
    const auto at = options.find(option.name);
    if (at == options.end())
        return because(option, "rules of Turnout look at addresses, protocol and ports only");
    return at->second(option, rule);
}

}  // namespace

Result<MarkRule> translate(const Rule& rule) {
    MarkRule taken;
    taken.family = rule.family;
    for (const Option& option : rule.options)
        if (auto ok = take(option, taken); !ok) return std::unexpected(ok.error());
    if (auto ok = check(taken); !ok) return fail(EOPNOTSUPP, ok.error().message);
    return taken;
}

}  // namespace turnout::cli::iptables
