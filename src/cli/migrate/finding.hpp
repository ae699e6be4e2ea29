// What a host that moves from the kernel's IPVS to Turnout has to know of one of its lines.
#pragma once

#include <string>
#include <vector>

namespace turnout::cli::migrate {

enum class Weight {
    refused,    // Turnout does not take it
    to_do,      // it takes something else as well, or nothing happens
    different,  // it is taken, and does something else
};

struct Finding {
    Weight weight = Weight::different;
    std::string where;  // "FILE:LINE", or what it is about
    std::string what;
    std::string cure;  // what to do about it; "": nothing
};
using Findings = std::vector<Finding>;

}  // namespace turnout::cli::migrate
