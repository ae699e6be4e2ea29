#include "cli/iptables/import.hpp"

#include <algorithm>
#include <set>

#include "cli/iptables/mark_line.hpp"

namespace turnout::cli::iptables {
namespace {

// Targets after which a packet goes on with the next rule.
bool goes_on_after(std::string_view target) {
    static const std::set<std::string_view> known{
        "",        "AUDIT",   "CHECKSUM", "CLASSIFY",  "CONNMARK", "CONNSECMARK", "CT",   "DSCP",
        "ECN",     "HL",      "HMARK",    "IDLETIMER", "LED",      "LOG",         "MARK", "NFLOG",
        "NOTRACK", "RATEEST", "SECMARK",  "SET",       "TCPMSS",   "TCPOPTSTRIP", "TEE",  "TOS",
        "TRACE",   "TTL"};
    return known.contains(target);
}

bool is_marking(const Rule& rule) {
    return rule.target() == "MARK";
}

bool is_in(const Rule& rule, std::string_view table, std::string_view chain) {
    return rule.table == table && rule.chain == chain;
}

// Which rules may end a packet's way through PREROUTING of the mangle table.
class Ends {
  public:
    Ends(const SaveText& text, model::Family family) : text_(text), family_(family) {}

    bool ends_way(const Rule& rule) {
        const std::string_view target = rule.target();
        if (goes_on_after(target)) return false;
        if (target == "RETURN" && rule.chain != "PREROUTING") return false;
        if (rule.find("-g") || !is_chain(target)) return true;
        if (!visited_.insert(target).second) return false;  // looked at already
        return std::ranges::any_of(text_.rules, [&](const Rule& other) {
            return other.family == family_ && is_in(other, "mangle", target) && ends_way(other);
        });
    }

  private:
    bool is_chain(std::string_view name) const {
        const Chain chain{"mangle", std::string(name), family_};
        return std::ranges::find(text_.chains, chain) != text_.chains.end();
    }

    const SaveText& text_;
    model::Family family_;
    std::set<std::string_view> visited_;
};

// The first rule that some packets do not get past, or null.
const Rule* first_end(const SaveText& text, model::Family family) {
    for (const Rule& rule : text.rules)
        if (rule.family == family && is_in(rule, "mangle", "PREROUTING") &&
            Ends(text, family).ends_way(rule))
            return &rule;
    return nullptr;
}

// Why the rule cannot be taken where it stands; empty if it can.
std::string fault_of_place(const Rule& rule, const Rule* end) {
    if (rule.table != "mangle")
        return "it stands in table " + rule.table + ": marks for services are set in mangle";
    if (rule.chain != "PREROUTING")
        return "it stands in chain " + rule.chain +
               ": only what every packet meets that comes in, PREROUTING itself, can be taken";
    if (end && end->line < rule.line)
        return "packets may not get here: line " + std::to_string(end->line) + " says " + end->text;
    return {};
}

Result<model::MarkRule> take(const Rule& rule, const Rule* end) {
    if (const std::string fault = fault_of_place(rule, end); !fault.empty())
        return fail(EOPNOTSUPP, fault);
    return translate(rule);
}

}  // namespace

Result<Import> import_marks(std::string_view text, model::Family family) {
    const auto saved = read_save_text(text, family);
    if (!saved) return std::unexpected(saved.error());
    const Rule* ends[] = {first_end(*saved, model::Family::ipv4),
                          first_end(*saved, model::Family::ipv6)};
    Import import;
    for (const Rule& rule : saved->rules) {
        if (!is_marking(rule)) continue;
        const auto taken = take(rule, ends[rule.family == model::Family::ipv6]);
        if (taken)
            import.taken.push_back({rule, *taken});
        else
            import.left.push_back({rule, taken.error().message});
    }
    return import;
}

}  // namespace turnout::cli::iptables
