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

// What became of tunnel packets that came to a decapsulator in fragments, counted on each CPU.
enum class Reassembly : uint32_t {
    whole,       // put together
    refused,     // fragments that overlap, or too many of them
    excess,      // too long
    incomplete,  // had to make way while fragments were missing
};
inline constexpr uint32_t reassembly_rows = 4;
inline constexpr char reassembly_table[] = "to_reassembly";

}  // namespace turnout::abi
