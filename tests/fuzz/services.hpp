// The director that is fuzzed: services of every kind, in both families.
//
// Ports tell the method; addresses are those of the lab, whose captures are the first inputs.
#pragma once

#include "director/director.hpp"

namespace turnout::fuzz {

// The firewall mark that leads to a service.  A packet comes with the mark that is the last byte of
// its Ethernet source address, which the data plane does not read.
inline constexpr uint32_t service_mark = 7;
inline uint32_t mark_of(const std::vector<uint8_t>& frame) {
    return frame.size() > 11 ? frame[11] : 0;
}

void add_services(director::Director& director);

}  // namespace turnout::fuzz
