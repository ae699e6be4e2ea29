// `turnout migrate check`: what will differ on a host that runs the kernel's IPVS.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "model/control.hpp"
#include "model/own_control.hpp"

namespace turnout::cli {

// A director in memory, in which everything is tried first.
struct Rehearsal {
    virtual ~Rehearsal() = default;
    virtual model::Control& control() = 0;
    virtual model::OwnControl& own() = 0;
};
using MakeRehearsal = std::function<std::unique_ptr<Rehearsal>()>;

void add_migrate_command(CLI::App& app, const MakeRehearsal& rehearse, int& status);

}  // namespace turnout::cli
