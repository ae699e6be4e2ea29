// What a real server's decapsulator (bpf/decap.bpf.cpp) is told when it is loaded: its constants,
// by which it is also recognised later.
#pragma once

#include "abi/address.hpp"

namespace turnout::abi {

struct DecapSettings {
    Address virtual_address;  // where the packets inside the tunnels are to go
    be16 gue_port;            // the UDP port of GUE packets; 0: none are taken
    Family family;            // of the virtual address
    uint8_t unused;
};
static_assert(sizeof(DecapSettings) == 20);

}  // namespace turnout::abi
