// What a BPF filter of a real server (bpf/decap.bpf.cpp, bpf/clamp.bpf.cpp) is told when it is
// loaded: its constants, by which it is also recognised later.
#pragma once

#include "abi/address.hpp"

namespace turnout::abi {

struct FilterSettings {
    Address virtual_address;
    // The decapsulator's: the UDP port of GUE packets; 0: none are taken.  The clamp's: the MSS.
    be16 number;
    Family family;  // of the virtual address
    uint8_t unused;
};
static_assert(sizeof(FilterSettings) == 20);

}  // namespace turnout::abi
