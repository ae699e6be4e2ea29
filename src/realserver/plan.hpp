// What must be so on a server of a direct-routing or tunnel service, and why.
//
// Such a server receives packets for the virtual address itself.  It must own the address without
// telling the network: the director alone answers ARP for it.  (LVS once had a "hidden" device flag
// for this; arp_ignore and arp_announce are today's way.)
#pragma once

#include <string>
#include <vector>

#include "model/address.hpp"
#include "realserver/mss.hpp"
#include "realserver/thing.hpp"

namespace turnout::realserver {

enum class Method { direct, tunnel };
const char* to_string(Method method);

struct Request {
    model::Address vip;
    Method method = Method::direct;
    std::string interface;  // where the director's packets come in; empty: any
    uint16_t gue_port = 0;  // tunnel: the UDP port of GUE packets; 0: the director sends none
    Mss mss;                // tunnel: what clients are asked for

    bool operator==(const Request&) const = default;
};

struct Step {
    Thing thing;
    std::string wanted;
    std::vector<std::string> accepted;  // states that are right as well
    std::string why;

    bool is_right(const std::string& state) const;
};

// The steps in the order in which they are safe to take.
Result<std::vector<Step>> plan(const Request& request, Machine& machine);

}  // namespace turnout::realserver
