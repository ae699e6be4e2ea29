// What is told of services and servers, wherever they are written.
//
// They are put into a director in memory, so that what the real one would refuse is refused here,
// in its own words.
#pragma once

#include <set>
#include <string>

#include "cli/migrate/finding.hpp"
#include "model/control.hpp"

namespace turnout::cli::migrate {

class Services {
  public:
    // `control`: the director in memory; it outlives this object.
    explicit Services(model::Control& control) : control_(control) {}

    void add(const std::string& where, const model::Service& service);
    void add(const std::string& where, const model::ServiceKey& service,
             const model::Server& server);

    size_t services() const { return services_; }
    size_t servers() const { return servers_; }
    const Findings& findings() const { return findings_; }

  private:
    void tell_once(Weight weight, const std::string& where, const std::string& what,
                   const std::string& cure);

    model::Control& control_;
    size_t services_ = 0, servers_ = 0;
    Findings findings_;
    std::set<std::string> told_;
};

}  // namespace turnout::cli::migrate
