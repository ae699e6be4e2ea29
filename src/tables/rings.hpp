// The rings of dh, sh and mh: which server stands in which slot, as kernel IPVS fills its tables.
//
// Pure functions of a service's servers in list order.
#pragma once

#include <cstdint>
#include <vector>

#include "abi/rows.hpp"

namespace turnout::tables {

struct RingServer {
    abi::Address address;
    be16 port;
    int32_t weight;
    int32_t last_weight;      // the last weight that was not 0, or the first
    bool is_drained = false;  // it has no slots: nobody is to be hashed to it and refused
};

// Positions of servers, from 1; 0: nobody.  Empty for a scheduler that has no ring.
std::vector<uint16_t> make_ring(abi::Scheduler scheduler, const std::vector<RingServer>& servers);

// How many rows of the ring table a scheduler's ring takes.
uint32_t ring_words(abi::Scheduler scheduler);

}  // namespace turnout::tables
