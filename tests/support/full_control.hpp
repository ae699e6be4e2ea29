// A director without a data plane that takes everything IPVS takes and refuses what IPVS refuses.
//
// It lets the tools be compared with the original where the real director does not go yet.
#pragma once

#include <map>

#include "model/control.hpp"

namespace turnout::test {

class FullControl : public model::Control {
  public:
    Status apply(const model::Change& change) override;
    std::vector<model::ServiceReport> services() const override;
    Status exists(const model::ServiceKey& key) const override;
    Result<model::ServiceReport> service(const model::ServiceKey& key) const override;
    Result<std::vector<model::ServerReport>> servers(const model::ServiceKey& key) const override;
    bool connections(
        uint32_t part,
        const std::function<void(const model::ConnectionReport&)>& visit) const override;
    model::Totals totals() const override { return {{counters}, rates}; }
    model::Timeouts timeouts() const override { return timeouts_; }
    std::vector<model::SyncDaemon> daemons() const override { return daemons_.running(); }
    uint32_t connection_table_size() const override { return 4096; }

    // What the reports tell; tests set them as they like.
    std::vector<model::ConnectionReport> connection_rows;
    model::Counters counters;
    model::Rates rates;
    uint32_t active = 0, inactive = 0, persistent = 0;

  private:
    struct Change;

    std::map<model::ServiceKey, model::Service> services_;
    model::Timeouts timeouts_{900, 120, 300};
    model::SyncDaemons daemons_;
};

}  // namespace turnout::test
