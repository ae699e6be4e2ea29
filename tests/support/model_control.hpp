// A director without a data plane that supports what model::Model supports, and no more.
#pragma once

#include "model/control.hpp"
#include "model/model.hpp"
#include "tables/convert.hpp"

namespace turnout::test {

class ModelControl : public model::Control {
  public:
    Status apply(const model::Change& change) override;
    std::vector<model::ServiceReport> services() const override;
    Status exists(const model::ServiceKey& key) const override;
    Result<model::ServiceReport> service(const model::ServiceKey& key) const override;
    Result<std::vector<model::ServerReport>> servers(const model::ServiceKey& key) const override;
    bool connections(
        uint32_t part,
        const std::function<void(const model::ConnectionReport&)>& visit) const override;
    model::Totals totals() const override { return {}; }
    model::Timeouts timeouts() const override { return timeouts_; }
    std::vector<model::SyncDaemon> daemons() const override { return daemons_.running(); }
    uint32_t connection_table_size() const override { return 4096; }

    std::vector<model::ConnectionReport> connection_rows;

  private:
    model::Model model_{{}, tables::scheduler_names()};
    model::Timeouts timeouts_{900, 120, 300};
    model::SyncDaemons daemons_;
};

}  // namespace turnout::test
