#include "model/sync_daemon.hpp"

#include <algorithm>
#include <cerrno>

namespace turnout::model {
namespace {

constexpr uint16_t standard_port = 8848;
const Address standard_group = Address::ipv4(224, 0, 0, 81);

bool is_multicast(const Address& address) {
    return address.family == Family::ipv6 ? address.bytes[0] == 0xff
                                          : (address.bytes[0] & 0xf0) == 0xe0;
}

// As the kernel: a master sends what every Ethernet carries, a backup takes what its own does.
uint32_t longest_message(const SyncDaemon& daemon, uint32_t mtu) {
    const bool backup = daemon.role == SyncRole::backup;
    const uint32_t headers = daemon.group->family == Family::ipv6 ? 48 : 28;
    if (daemon.longest_message == 0)
        return (backup ? std::clamp(mtu, 1500u, 65535u) : 1500u) - headers;
    return std::clamp(uint32_t{daemon.longest_message}, backup ? 1024u : 1u, 65535u - headers);
}

auto find(std::vector<SyncDaemon>& daemons, SyncRole role) {
    return std::find_if(daemons.begin(), daemons.end(),
                        [role](const SyncDaemon& daemon) { return daemon.role == role; });
}

}  // namespace

const char* to_string(SyncRole role) {
    return role == SyncRole::master ? "master" : "backup";
}

Status SyncDaemons::start(SyncDaemon daemon, const MtuOf& mtu_of) {
    if (!daemon.group) daemon.group = standard_group;
    if (!is_multicast(*daemon.group))
        return fail(EINVAL, daemon.group->to_string() + " is no multicast address");
    if (daemon.port == 0) daemon.port = standard_port;
    if (daemon.ttl == 0) daemon.ttl = 1;
    const auto mtu = mtu_of(daemon.interface);
    if (!mtu)
        return fail(ENODEV, "no interface '" + daemon.interface + "': --mcast-interface names it");
    if (find(running_, daemon.role) != running_.end())
        return fail(EEXIST, std::string("the ") + to_string(daemon.role) + " daemon runs");
    daemon.longest_message = static_cast<uint16_t>(longest_message(daemon, *mtu));
    running_.insert(daemon.role == SyncRole::master ? running_.begin() : running_.end(),
                    std::move(daemon));
    return {};
}

Status SyncDaemons::stop(SyncRole role) {
    const auto at = find(running_, role);
    if (at == running_.end())
        return fail(ESRCH, std::string("no ") + to_string(role) + " daemon runs");
    running_.erase(at);
    return {};
}

}  // namespace turnout::model
