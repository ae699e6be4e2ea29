#include "realserver/linux_machine.hpp"

#include <filesystem>
#include <fstream>
#include <optional>

#include "realserver/filter.hpp"

namespace turnout::realserver {

namespace {

std::filesystem::path file_of(const Thing& setting) {
    return "/proc/sys/" + setting.name;
}

std::string read_setting(const Thing& setting) {
    std::ifstream stream(file_of(setting));
    std::string value;
    return stream >> value ? value : absent;
}

Status write_setting(const Thing& setting, const std::string& value) {
    std::ofstream stream(file_of(setting));
    if (stream << value && stream.flush()) return {};
    return fail(EACCES, "cannot set " + to_string(setting) + " to " + value);
}

Result<std::optional<netlink::Link>> find_link(const std::string& name) {
    auto links = netlink::links();
    if (!links) return std::unexpected(links.error());
    for (auto& link : *links)
        if (link.name == name) return std::move(link);
    return std::nullopt;
}

std::string word_for(bool there) {
    return there ? present : absent;
}

Result<std::string> read_hook(int index) {
    const auto there = netlink::has_clsact(index);
    if (!there) return std::unexpected(there.error());
    return word_for(*there);
}

Result<std::string> read_decapsulator(int index, const model::Address& vip) {
    const auto port = filter::find(filter::Program::decapsulator, index, vip);
    if (!port) return std::unexpected(port.error());
    return *port ? decapsulating(**port) : absent;
}

Result<std::string> read_clamp(int index, const model::Address& vip) {
    const auto mss = filter::find(filter::Program::clamp, index, vip);
    if (!mss) return std::unexpected(mss.error());
    return *mss ? clamping(**mss) : absent;
}

// Without a number: no filter.
Status write_filter(filter::Program program, int index, const model::Address& vip,
                    std::optional<uint16_t> number) {
    return number ? filter::attach(program, index, vip, *number)
                  : filter::detach(program, index, vip);
}

// A hook that carries filters of others stays, whoever made it.
Status remove_empty_hook(int index) {
    const auto used = netlink::has_filters(index);
    if (!used) return std::unexpected(used.error());
    return *used ? Status{} : filter::remove_hook(index);
}

}  // namespace

Result<std::vector<Interface>> LinuxMachine::interfaces() {
    const auto links = netlink::links();
    if (!links) return std::unexpected(links.error());
    std::vector<Interface> found;
    for (const auto& link : *links)
        if (link.ethernet && !link.enslaved) found.push_back({link.name, link.mtu});
    return found;
}

filter::Reassembled LinuxMachine::reassembled() const {
    filter::Reassembled sum;
    const auto links = netlink::links();
    if (!links) return sum;
    for (const auto& link : *links) {
        const auto counts = filter::reassembled(link.index, vip_);
        sum.whole += counts.whole;
        sum.refused += counts.refused;
        sum.excess += counts.excess;
        sum.incomplete += counts.incomplete;
    }
    return sum;
}

Result<std::string> LinuxMachine::read(const Thing& thing) {
    if (thing.kind == Kind::setting) return read_setting(thing);
    if (thing.kind == Kind::address) return read_address();
    const auto link = find_link(thing.name);
    if (!link) return std::unexpected(link.error());
    return *link ? read_on(thing, **link) : absent;
}

Result<std::string> LinuxMachine::read_on(const Thing& thing, const netlink::Link& link) const {
    if (thing.kind == Kind::hook) return read_hook(link.index);
    return thing.kind == Kind::filter ? read_decapsulator(link.index, vip_)
                                      : read_clamp(link.index, vip_);
}

// Held by any device that does not answer ARP is as good as held by lo; anything else is a fault
// whose description is the state.
Result<std::string> LinuxMachine::read_address() const {
    const auto links = netlink::links();
    if (!links) return std::unexpected(links.error());
    const auto holders = netlink::holders(vip_);
    if (!holders) return std::unexpected(holders.error());
    const int host_prefix = vip_.family == model::Family::ipv4 ? 32 : 128;
    for (const auto& [index, prefix] : *holders) {
        for (const auto& link : *links)
            if (link.index == index && link.answers_arp)
                return "on " + link.name + " (which answers ARP)";
        if (prefix != host_prefix) return "with prefix /" + std::to_string(prefix);
    }
    return word_for(!holders->empty());
}

Status LinuxMachine::write(const Thing& thing, const std::string& state) {
    if (thing.kind == Kind::setting) return write_setting(thing, state);
    const auto link = find_link(thing.name);
    if (!link) return std::unexpected(link.error());
    if (!*link) return fail(ENODEV, "there is no interface '" + thing.name + "'");
    return write_on(thing, **link, state);
}

Status LinuxMachine::write_on(const Thing& thing, const netlink::Link& link,
                              const std::string& state) const {
    if (thing.kind == Kind::address) return write_address(link, state);
    if (thing.kind == Kind::filter)
        return write_filter(filter::Program::decapsulator, link.index, vip_, gue_port_of(state));
    if (thing.kind == Kind::clamp)
        return write_filter(filter::Program::clamp, link.index, vip_, mss_of(state));
    return state == present ? filter::create_hook(link.index) : remove_empty_hook(link.index);
}

Status LinuxMachine::write_address(const netlink::Link& link, const std::string& state) const {
    if (state == absent) return netlink::remove_address(link.index, vip_);
    const auto now = read_address();
    if (!now) return std::unexpected(now.error());
    if (*now == absent) return netlink::add_address(link.index, vip_);
    return fail(EADDRINUSE, vip_.to_string() + " is held already, " + *now +
                                ": remove it there first (ip address del)");
}

}  // namespace turnout::realserver
