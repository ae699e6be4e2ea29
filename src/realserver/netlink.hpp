// The few rtnetlink requests that setting up a real server takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/address.hpp"

namespace turnout::realserver::netlink {

struct Link {
    int index = 0;
    std::string name;
    uint32_t mtu = 0;
    bool ethernet = false;
    bool answers_arp = false;
    bool enslaved = false;  // a port of a bridge or bond: the stack sees its packets at the master
};
Result<std::vector<Link>> links();

struct Held {
    int index = 0;   // the interface
    int prefix = 0;  // its length
};
// Where an address is held on this host.
Result<std::vector<Held>> holders(const model::Address& address);
// With a host prefix, for this host alone: never chosen as source of the host's own connections.
// At once: no neighbour is asked whether it has the address, too (IPv6: the director has).
Status add_address(int index, const model::Address& address);
Status remove_address(int index, const model::Address& address);

Result<bool> has_clsact(int index);
// Filters of either direction under the interface's clsact qdisc.
Result<bool> has_filters(int index);

}  // namespace turnout::realserver::netlink
