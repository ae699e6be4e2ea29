#include "realserver/plan.hpp"

#include <algorithm>
#include <utility>

namespace turnout::realserver {

namespace {

Thing setting(const std::string& interface, const char* name) {
    return {Kind::setting, "net/ipv4/conf/" + interface + "/" + name};
}

// Settings of "all" hold for every interface, those that come later included: the kernel takes the
// greater of the two values.
void keep_address_quiet(std::vector<Step>& steps) {
    steps.push_back(
        {setting("all", "arp_ignore"),
         "1",
         {"2"},
         "else this server answers ARP for the virtual address in the director's place"});
    steps.push_back({setting("all", "arp_announce"),
                     "2",
                     {},
                     "else this server names the virtual address in its own ARP requests"});
}

void own_address(std::vector<Step>& steps) {
    steps.push_back({{Kind::address, "lo"},
                     present,
                     {},
                     "else this server does not take packets for the virtual address"});
}

void decapsulate(uint16_t gue_port, const std::vector<std::string>& interfaces,
                 std::vector<Step>& steps) {
    const char* why = "else this server does not understand the director's tunnel packets";
    for (const auto& interface : interfaces) {
        steps.push_back({{Kind::hook, interface}, present, {}, why});
        steps.push_back({{Kind::filter, interface}, decapsulating(gue_port), {}, why});
    }
}

// Strict reverse-path filtering drops a client's packet that came by another interface than the
// answer goes.  Loose (2) is enough; the kernel applies the greater of "all" and the interface's.
Status accept_clients(const std::vector<std::string>& interfaces, Machine& machine,
                      std::vector<Step>& steps) {
    const auto all = machine.read(setting("all", "rp_filter"));
    if (!all) return std::unexpected(all.error());
    std::vector<std::string> accepted;
    if (*all != "1") accepted.push_back("0");
    for (const auto& interface : interfaces)
        steps.push_back({setting(interface, "rp_filter"), "2", accepted,
                         "else this server drops clients whose answers go another way"});
    return {};
}

Result<std::vector<std::string>> incoming(const Request& request, Machine& machine) {
    auto interfaces = machine.interfaces();
    if (!interfaces || request.interface.empty()) return interfaces;
    if (std::ranges::find(*interfaces, request.interface) == interfaces->end())
        return fail(ENODEV, "there is no Ethernet interface '" + request.interface +
                                "' that takes packets here: `ip link` lists them");
    return std::vector{request.interface};
}

}  // namespace

const char* to_string(Method method) {
    return method == Method::direct ? "direct" : "tunnel";
}

bool Step::is_right(const std::string& state) const {
    return state == wanted || std::ranges::find(accepted, state) != accepted.end();
}

Result<std::vector<Step>> plan(const Request& request, Machine& machine) {
    const auto interfaces = incoming(request, machine);
    if (!interfaces) return std::unexpected(interfaces.error());

    std::vector<Step> steps;
    // IPv6 needs no settings: a host answers neighbour solicitations only for the addresses of the
    // interface they come in on.
    if (request.vip.family == model::Family::ipv4) keep_address_quiet(steps);
    own_address(steps);
    if (request.method == Method::tunnel) decapsulate(request.gue_port, *interfaces, steps);
    if (request.vip.family == model::Family::ipv4)
        if (auto done = accept_clients(*interfaces, machine, steps); !done)
            return std::unexpected(done.error());
    return steps;
}

}  // namespace turnout::realserver
