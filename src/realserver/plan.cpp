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

void decapsulate(uint16_t gue_port, const std::vector<Interface>& interfaces,
                 std::vector<Step>& steps) {
    const char* why = "else this server does not understand the director's tunnel packets";
    for (const auto& interface : interfaces) {
        steps.push_back({{Kind::hook, interface.name}, present, {}, why});
        steps.push_back({{Kind::filter, interface.name}, decapsulating(gue_port), {}, why});
    }
}

// The narrowest way by which tunnel packets come in decides.
Result<uint16_t> limit_of(const Request& request, const std::vector<Interface>& incoming) {
    if (!request.mss.automatic) return request.mss.most;
    uint32_t mtu = UINT32_MAX;
    for (const auto& interface : incoming) mtu = std::min(mtu, interface.mtu);
    return fitting_mss(request.vip.family, mtu, request.gue_port != 0);
}

// Answers may leave by another interface than the requests came in by.
void limit_segments(uint16_t mss, const std::vector<Interface>& outgoing,
                    std::vector<Step>& steps) {
    const char* why = "else clients send segments that do not fit into the director's tunnel";
    for (const auto& interface : outgoing) {
        const Step hook{{Kind::hook, interface.name}, present, {}, why};
        if (std::ranges::find(steps, hook.thing, &Step::thing) == steps.end())
            steps.push_back(hook);
        steps.push_back({{Kind::clamp, interface.name}, clamping(mss), {}, why});
    }
}

Status take_tunnels(const Request& request, const std::vector<Interface>& all,
                    const std::vector<Interface>& incoming, std::vector<Step>& steps) {
    decapsulate(request.gue_port, incoming, steps);
    if (!request.mss.is_limited()) return {};
    const auto mss = limit_of(request, incoming);
    if (!mss) return std::unexpected(mss.error());
    limit_segments(*mss, all, steps);
    return {};
}

// Strict reverse-path filtering drops a client's packet that came by another interface than the
// answer goes.  Loose (2) is enough; the kernel applies the greater of "all" and the interface's.
Status accept_clients(const std::vector<Interface>& interfaces, Machine& machine,
                      std::vector<Step>& steps) {
    const auto all = machine.read(setting("all", "rp_filter"));
    if (!all) return std::unexpected(all.error());
    std::vector<std::string> accepted;
    if (*all != "1") accepted.push_back("0");
    for (const auto& interface : interfaces)
        steps.push_back({setting(interface.name, "rp_filter"), "2", accepted,
                         "else this server drops clients whose answers go another way"});
    return {};
}

Result<std::vector<Interface>> incoming_of(const Request& request,
                                           const std::vector<Interface>& all) {
    if (request.interface.empty()) return all;
    const auto found = std::ranges::find(all, request.interface, &Interface::name);
    if (found == all.end())
        return fail(ENODEV, "there is no Ethernet interface '" + request.interface +
                                "' that takes packets here: `ip link` lists them");
    return std::vector{*found};
}

}  // namespace

const char* to_string(Method method) {
    return method == Method::direct ? "direct" : "tunnel";
}

bool Step::is_right(const std::string& state) const {
    return state == wanted || std::ranges::find(accepted, state) != accepted.end();
}

Result<std::vector<Step>> plan(const Request& request, Machine& machine) {
    const auto all = machine.interfaces();
    if (!all) return std::unexpected(all.error());
    const auto incoming = incoming_of(request, *all);
    if (!incoming) return std::unexpected(incoming.error());

    std::vector<Step> steps;
    // IPv6 needs no settings: a host answers neighbour solicitations only for the addresses of the
    // interface they come in on.
    if (request.vip.family == model::Family::ipv4) keep_address_quiet(steps);
    own_address(steps);
    if (request.method == Method::tunnel)
        if (auto done = take_tunnels(request, *all, *incoming, steps); !done)
            return std::unexpected(done.error());
    if (request.vip.family == model::Family::ipv4)
        if (auto done = accept_clients(*incoming, machine, steps); !done)
            return std::unexpected(done.error());
    return steps;
}

}  // namespace turnout::realserver
