// `turnout connections` and `turnout connection delete`.
//
// Listing reads the pinned tables, so it works without a daemon and takes nothing of its time; who
// wires the commands opens them, for this folder knows nothing of the kernel.  Ending connections
// is asked of the director.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>

#include "base/result.hpp"
#include "model/report.hpp"

namespace turnout::cli {

// A walk over the table, part by part: see model::Control::connections.
using ConnectionParts = std::function<bool(
    uint32_t part, const std::function<void(const model::ConnectionReport&)>& visit)>;
// ENOENT: there is no data plane in this network namespace.
using OpenConnections = std::function<Result<ConnectionParts>()>;

// Adds the subcommands; when one has run, `status` is what the program should exit with.
void add_connections_commands(CLI::App& app, const OpenConnections& open, int& status);

}  // namespace turnout::cli
