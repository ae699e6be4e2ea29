// Looks through IPVS's settings: as they are in the kernel, and as sysctl.d(5) sets them.
#pragma once

#include <string>

#include "cli/migrate/finding.hpp"
#include "model/own_control.hpp"

namespace turnout::cli::migrate {

class Settings {
  public:
    // `control`: a director in memory; it outlives this object.
    explicit Settings(model::OwnControl& control) : control_(control) {}

    // A text of sysctl.d.
    void check_text(const std::string& text, const std::string& name);
    // What the kernel has now; nothing is told of what nobody has changed.
    void check_value(const std::string& where, const std::string& name, const std::string& value);

    // How many depart from their standard and can be taken over.
    size_t taken() const { return taken_; }
    const Findings& findings() const { return findings_; }

  private:
    void check(const std::string& where, const std::string& name, const std::string& value);

    model::OwnControl& control_;
    size_t taken_ = 0;
    Findings findings_;
};

}  // namespace turnout::cli::migrate
