// Services by firewall mark: by Turnout's own rules, which both lanes know, and by marks that
// packets bring along, which only the complete lane sees.
#include "packet/cases/common.hpp"

namespace turnout::test {
namespace {

constexpr uint16_t https = 443;

model::MarkRule rule(uint32_t mark, std::vector<model::PortRange> ports) {
    model::MarkRule made;
    made.protocol = Protocol::tcp;
    made.to = model::Prefix{vip, 32};
    made.to_ports = std::move(ports);
    made.mark = mark;
    return made;
}

Step marked(Step step, uint32_t mark) {
    step.mark = mark;
    return step;
}

Step passes_marked(uint32_t mark) {
    return marked(Call{}.passes(), mark);
}

// A server of port 0 keeps the packet's port.
std::vector<Change> by_mark(uint32_t mark, std::initializer_list<uint8_t> numbers) {
    return with_nat_servers(plain(mark_key(mark)), numbers, 0);
}

std::vector<Case> by_own_rules() {
    const std::vector<model::MarkRule> web{rule(7, {{web_port, web_port}, {https, https}})};
    return {
        {.name = "a rule of our own leads to the service of its mark",
         .changes = by_mark(7, {1}),
         .steps = {Call{}.reaches(1, web_port), Call{.to = https}.reaches(1, https),
                   Call{.to = 8443}.passes()},
         .mark_rules = web},
        {.name = "http and https share one persistent service",
         .changes = with_nat_servers(persistent(mark_key(7)), {1, 2}, 0),
         .steps = {Call{}.reaches(2, web_port), Call{.to = https}.reaches(2, https),
                   Call{.by = model::Address::ipv4(203, 0, 113, 8)}.reaches(1, web_port)},
         .mark_rules = web},
        {.name = "of several rules the last one decides",
         .changes = together(by_mark(7, {1}), by_mark(8, {2})),
         .steps = {Call{}.reaches(2, web_port), Call{.to = https}.reaches(1, https)},
         .mark_rules = {rule(7, {}), rule(8, {{web_port, web_port}})}},
        {.name = "a mark without a service leaves the packet to the others",
         .changes = together(by_mark(9, {1}), with_nat_servers(plain(key(Protocol::tcp)), {2})),
         .steps = {Call{}.reaches(2)},
         .mark_rules = web},
        {.name = "the service of a mark goes before that of the address",
         .changes = together(by_mark(7, {1}), with_nat_servers(plain(key(Protocol::tcp)), {2})),
         .steps = {Call{}.reaches(1, web_port)},
         .mark_rules = web},
    };
}

std::vector<Case> by_brought_marks() {
    const auto both = together(by_mark(7, {1}), with_nat_servers(plain(key(Protocol::tcp)), {2}));
    return {
        {.name =
             "while marks may come, the fast lane leaves an unmarked packet to the complete one",
         .changes = both,
         .steps = {Call{}.reaches_if_complete(2)}},
        {.name = "a mark that the packet brings along leads to its service",
         .changes = both,
         .steps = {marked(Call{}.reaches_if_complete(1, web_port), 7)}},
        {.name = "a mark of no service leaves the packet to that of the address",
         .changes = both,
         .steps = {marked(Call{}.reaches_if_complete(2), 8)}},
        {.name = "without services by mark a packet's mark is nothing to us",
         .changes = with_nat_servers(plain(key(Protocol::tcp)), {2}),
         .steps = {marked(Call{}.reaches(2), 7)}},
        {.name = "a marked packet opens no service of another mark",
         .changes = by_mark(7, {1}),
         .steps = {passes_marked(8), passes_marked(0)}},
        {.name = "our own rules go before a mark that the packet brings along",
         .changes = together(by_mark(7, {1}), by_mark(8, {2})),
         .steps = {marked(Call{}.reaches(1, web_port), 8)},
         .mark_rules = {rule(7, {})}},
    };
}

}  // namespace

std::vector<Case> marks() {
    std::vector<Case> all = by_own_rules();
    for (Case& c : by_brought_marks()) all.push_back(std::move(c));
    return all;
}

}  // namespace turnout::test
