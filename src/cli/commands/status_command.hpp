// `turnout status` and `turnout down`: what the director of this namespace does, and its end.
//
// The commands print; what they print is gathered by whoever wires them, for it comes from the
// kernel and this folder knows nothing of it.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace turnout::cli {

struct InterfaceState {
    std::string name;
    std::string xdp;  // "native", "generic" or "off"
    bool tc = false;
};

struct DirectorState {
    int daemon_pid = 0;  // 0: no daemon runs
    std::vector<InterfaceState> interfaces;
    uint64_t connections_used = 0, connections_size = 0;
    uint64_t services = 0, servers = 0;
    std::vector<std::string> defences;      // that are up, for want of room
    uint64_t stateless = 0;                 // packets that were forwarded without a record
    std::map<std::string, uint64_t> drops;  // by reason, in words
};

struct DirectorControl {
    // ENOENT: there is no data plane in this namespace.
    std::function<Result<DirectorState>()> state;
    // Ends the daemon if one runs and removes the data plane, and what was saved for the next one
    // unless that is to be kept; false when there was nothing.
    std::function<Result<bool>(bool keep_services)> down;
};

// Adds the subcommands; when one has run, `status` is what the program should exit with.
void add_status_commands(CLI::App& app, const DirectorControl& control, int& status);

}  // namespace turnout::cli
