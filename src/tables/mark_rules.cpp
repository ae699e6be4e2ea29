#include "tables/mark_rules.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>

#include "tables/convert.hpp"

namespace turnout::tables {
namespace {

using model::MarkRule, model::PortRange, model::Prefix;

constexpr uint32_t half = abi::mark_rule_rows / 2;

std::vector<PortRange> or_any(const std::vector<PortRange>& ports) {
    return ports.empty() ? std::vector{PortRange{}} : ports;
}

uint8_t length_of(const abi::Address& mask) {
    int bits = 0;
    for (const be32 word : mask.word) bits += std::popcount(word.raw);
    return static_cast<uint8_t>(bits);
}

void put_prefix(const std::optional<Prefix>& prefix, abi::Address& address, abi::Address& mask) {
    if (!prefix) return;
    address = to_row(prefix->address);
    mask = mask_of_prefix(prefix->length);
}

std::optional<Prefix> get_prefix(const abi::Address& address, const abi::Address& mask,
                                 abi::Family family) {
    const uint8_t length = length_of(mask);
    if (length == 0) return std::nullopt;
    return Prefix{from_row(address, family), length};
}

void append_rows(const MarkRule& rule, std::vector<abi::MarkRule>& rows) {
    abi::MarkRule row{};
    put_prefix(rule.from, row.source, row.source_mask);
    put_prefix(rule.to, row.destination, row.destination_mask);
    row.protocol = rule.protocol ? static_cast<uint8_t>(*rule.protocol) : 0;
    row.family = static_cast<abi::Family>(rule.family);
    row.rule = static_cast<uint16_t>(rule.number);
    row.mark = rule.mark;
    for (const PortRange& from : or_any(rule.from_ports)) {
        for (const PortRange& to : or_any(rule.to_ports)) {
            row.source_port_first = from.first, row.source_port_last = from.last;
            row.port_first = to.first, row.port_last = to.last;
            rows.push_back(row);
        }
    }
}

// A row's range joins its rule's, unless it stands there already or is any port.
void join(std::vector<PortRange>& ports, uint16_t first, uint16_t last) {
    const PortRange range{first, last};
    if (range == PortRange{} || std::find(ports.begin(), ports.end(), range) != ports.end()) return;
    ports.push_back(range);
}

MarkRule begin_rule(const abi::MarkRule& row) {
    MarkRule rule;
    rule.number = row.rule;
    rule.family = static_cast<model::Family>(row.family);
    if (row.protocol) rule.protocol = static_cast<model::Protocol>(row.protocol);
    rule.from = get_prefix(row.source, row.source_mask, row.family);
    rule.to = get_prefix(row.destination, row.destination_mask, row.family);
    rule.mark = row.mark;
    return rule;
}

}  // namespace

MarkRules::MarkRules(Rows& rows) : rows_(rows) {
    adopt();
}

void MarkRules::adopt() {
    const uint32_t list = rows_.settings->mark_rules;
    for (uint32_t i = 0; i < abi::mark_rule_count(list); ++i) {
        const abi::MarkRule& row = rows_.mark_rules[abi::first_mark_rule(list) + i];
        if (rules_.empty() || rules_.back().number != row.rule) rules_.push_back(begin_rule(row));
        join(rules_.back().from_ports, row.source_port_first, row.source_port_last);
        join(rules_.back().to_ports, row.port_first, row.port_last);
    }
}

Status MarkRules::write(std::vector<MarkRule> rules) {
    std::vector<abi::MarkRule> rows;
    for (const MarkRule& rule : rules) append_rows(rule, rows);
    if (rows.size() > half)
        return fail(ENOSPC, "the table of mark rules has room for " + std::to_string(half) +
                                " port ranges, and this would make " + std::to_string(rows.size()));
    // The half that the last change left may still be read.
    rows_.wait_for_packets();
    const uint32_t first = abi::first_mark_rule(rows_.settings->mark_rules) ? 0 : half;
    std::copy(rows.begin(), rows.end(), rows_.mark_rules.begin() + first);
    __atomic_store_n(&rows_.settings->mark_rules,
                     abi::mark_rule_list(first, static_cast<uint32_t>(rows.size())),
                     __ATOMIC_SEQ_CST);
    rules_ = std::move(rules);
    return {};
}

}  // namespace turnout::tables
