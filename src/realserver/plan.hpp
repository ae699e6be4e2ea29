// What must be so on a server of a direct-routing or tunnel service, and why.
//
// Such a server receives packets for the virtual address itself.  It must own the address without
// telling the network: the director alone answers ARP for it.  (LVS once had a "hidden" device flag
// for this; arp_ignore and arp_announce are today's way.)
#pragma once

#include <string>
#include <vector>

#include "model/address.hpp"
#include "realserver/thing.hpp"

namespace turnout::realserver {

enum class Method { direct, tunnel };
const char* to_string(Method method);

struct Request {
    model::Address vip;
    Method method = Method::direct;
    std::string interface;  // where the director's packets come in; empty: any
};

// What takes the outer header off: a device of the kernel's, or, without a name, our BPF program.
struct Decapsulator {
    std::string device;
};

struct Step {
    Thing thing;
    std::string wanted;
    std::vector<std::string> accepted;  // states that are right as well
    std::string why;

    bool is_right(const std::string& state) const;
};

// The steps in the order in which they are safe to take.
Result<std::vector<Step>> plan(const Request& request, const Decapsulator& decapsulator,
                               Machine& machine);

}  // namespace turnout::realserver
