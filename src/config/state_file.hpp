// The state file: what people have configured, kept for the time after a reboot.
//
// A save writes everything, so saves are spaced: after a change the file is written a tenth of a
// second later, and never more often than so that nine tenths of the time are left to other work.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "config/saved.hpp"

namespace turnout::config {

class StateFile {
  public:
    // What it does is told to `clock` alone.  The controls outlive this object.
    StateFile(std::string path, const model::Control& control, const model::OwnControl& own,
              Clock clock)
        : path_(std::move(path)), control_(control), own_(own), clock_(std::move(clock)) {}

    // Nothing when there is no file.  A file that cannot be understood is an error that names it
    // and the cure; it is left as it is.
    static Result<std::optional<Saved>> read(const std::string& path);

    Status save();
    // How long after a change, or a save that failed, the next save is due.
    std::chrono::nanoseconds delay() const;

  private:
    std::string path_;
    const model::Control& control_;
    const model::OwnControl& own_;
    Clock clock_;
    uint64_t last_took_ns_ = 0;
    bool failed_ = false;
};

}  // namespace turnout::config
