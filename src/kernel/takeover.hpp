// Taking over from a data plane of another layout, which goes on forwarding meanwhile.
//
//   1 the new programs stand behind the old ones: they get what the old ones pass on
//   2 what opens connections to known servers is copied: templates, lblc's memory, cursors
//   3 the old services end: from now on the new programs open all connections
//   4 connections move
//   5 the new programs take the place of the old ones
//   6 the old counters are added to what lists tell
//
// The old fast lane stays where it is until step 5: the new one in its place would come before the
// old complete lane, and open anew what that has.
//
// Each step can be done again: a daemon that is killed in between is followed by one that begins
// anew.
#pragma once

#include <string>

#include "base/result.hpp"
#include "kernel/maps.hpp"

namespace turnout::kernel {

struct Takeover {
    std::string pins;          // the folder of the namespace, with the links of the fast lane
    std::string old_tables;    // folders of pinned tables
    std::string new_tables;    // configured as the old ones are
    Maps& maps;                // those of the new tables
    int ingress, egress, xdp;  // the new programs' descriptors
};

// When this returns success, nothing refers to the old tables but their pins, which the caller
// removes.  Gives how many records had no room in the new tables.
Result<uint32_t> take_over(const Takeover& takeover);

}  // namespace turnout::kernel
