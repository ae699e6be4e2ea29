// turnoutd's command line as a value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/data_plane.hpp"

namespace turnout {

struct Options {
    std::vector<std::string> interfaces;  // empty: every Ethernet-like one
    kernel::XdpMode xdp = kernel::XdpMode::automatic;
    kernel::Sizes sizes;
    std::string state;         // the file that services are saved in; "none"; "": the standard one
    bool sizes_given = false;  // --conn-table-bits was on the command line
};

// The options, or the status to exit with: help and version were asked for, or an error was told.
struct ParsedOptions {
    std::optional<Options> options;
    int exit_status = 0;
};

ParsedOptions parse_options(int count, char** arguments);

}  // namespace turnout
