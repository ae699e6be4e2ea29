// What the program was told, and whether a packet is of the virtual address it was told of.
#pragma once

#include "abi/filter.hpp"

// Filled in by the loader: one program per virtual address.
extern "C" const volatile turnout::abi::FilterSettings settings = {};

namespace turnout::bpf::decap {

TURNOUT_INLINE bool is_virtual_address(abi::Family family, const abi::Address& address) {
    const auto& wanted = settings.virtual_address.word;
    const auto& found = address.word;
    return family == settings.family && found[0].raw == wanted[0].raw &&
           found[1].raw == wanted[1].raw && found[2].raw == wanted[2].raw &&
           found[3].raw == wanted[3].raw;
}

}  // namespace turnout::bpf::decap
