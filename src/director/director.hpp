// The director's control: owns the model, applies changes in order, and reports.
//
// Every change goes the same way: validated by the model, written by the tables, and only then
// answered.  A change that either refuses leaves both as they were.
#pragma once

#include <functional>
#include <map>

#include "base/clock.hpp"
#include "director/estimator.hpp"
#include "director/pressure_watch.hpp"
#include "model/control.hpp"
#include "model/model.hpp"
#include "model/own_control.hpp"
#include "tables/mark_rules.hpp"
#include "tables/tables.hpp"

namespace turnout::director {

class Director : public model::Control, public model::OwnControl {
  public:
    // Adopts what stands in the rows, which outlive the director.
    Director(
        tables::Rows& rows, model::Limits limits, tables::SourceFor source_for, Clock clock,
        tables::IsOwn is_own = [](const model::Address&) { return false; },
        model::MtuOf mtu_of = [](const std::string&) { return 1500; });

    Status apply(const model::Change& change) override;
    std::vector<model::ServiceReport> services() const override;
    Status exists(const model::ServiceKey& key) const override;
    Result<model::ServiceReport> service(const model::ServiceKey& key) const override;
    Result<std::vector<model::ServerReport>> servers(const model::ServiceKey& key) const override;
    std::vector<model::DrainReport> drains() const override;
    Result<std::vector<model::DrainReport>> start_drain(
        const model::ServerChoice& servers, const model::DrainOptions& options) override;
    Result<uint32_t> cancel_drain(const model::ServerChoice& servers) override;

    bool connections(
        uint32_t part,
        const std::function<void(const model::ConnectionReport&)>& visit) const override;
    std::optional<uint32_t> end_connections(uint32_t part,
                                            const model::ConnectionFilter& filter) override;
    model::Totals totals() const override { return {tables_.totals(), total_rates_.rates()}; }
    model::Timeouts timeouts() const override;
    std::vector<model::SyncDaemon> daemons() const override { return daemons_.running(); }
    uint32_t connection_table_size() const override;

    std::vector<model::MarkRule> mark_rules() const override { return mark_rules_.rules(); }
    Result<std::vector<model::MarkRule>> add_mark_rules(
        std::vector<model::MarkRule> rules) override;
    Status remove_mark_rule(uint32_t number) override;
    std::vector<model::Setting> settings() const override;
    Status set(const std::string& name, int64_t value) override;
    Result<model::StateTimeouts> service_timeouts(const model::ServiceKey& key) const override;
    Status set_service_timeouts(const model::ServiceKey& key,
                                const model::StateTimeouts& changes) override;
    Result<bool> resets_idle(const model::ServiceKey& key) const override;
    Status set_resets_idle(const model::ServiceKey& key, bool resets) override;

    // `changed` is called after every change of what people configure.
    void watch(std::function<void()> changed) { changed_ = std::move(changed); }

    // Once every Estimator::period_ns: rates, drains that end, and rows that are not needed any
    // more.
    void tick();
    // Who is told what happens by itself, in a line of words.
    void tell_events(std::function<void(const std::string&)> tell) { tell_ = std::move(tell); }
    // After routes or addresses have changed.
    void routes_changed() { tables_.refresh_ways(); }

  private:
    Status perform(const model::Change& change);
    Status add_service(const model::AddService& change);
    Status edit_service(const model::EditService& change);
    Status remove_service(const model::RemoveService& change);
    template <class Edit>
    Status change_servers(const model::ServiceKey& key, const Edit& edit);
    Status zero(const model::ZeroCounters& change);
    Status start_daemon(const model::StartDaemon& change);
    Status check_families(const model::ServiceKey& service, const model::ServerKey& server) const;

    model::ServiceReport report(const model::Service& service) const;
    model::ServerReport report(const model::Service& service, const model::Server& server) const;

    using ServerName = std::pair<model::ServiceKey, model::ServerKey>;

    std::vector<ServerName> chosen(const model::ServerChoice& choice) const;
    model::DrainReport drain_report(const model::Service& service,
                                    const model::Server& server) const;
    Status set_drain(const ServerName& name, const std::optional<model::Drain>& drain);
    void end_drains();
    void end_drain(const ServerName& name, const model::Drain& drain, const char* why);

    tables::Rows& rows_;
    std::function<void()> changed_ = [] {};
    Clock clock_;
    model::Model model_;
    model::SyncDaemons daemons_;
    model::MtuOf mtu_of_;
    tables::Tables tables_;
    tables::MarkRules mark_rules_;
    PressureWatch pressure_;
    std::function<void(const std::string&)> tell_ = [](const std::string&) {};
    Estimator total_rates_;
    std::map<model::ServiceKey, Estimator> service_rates_;
    std::map<ServerName, Estimator> server_rates_;
};

template <class Edit>
Status Director::change_servers(const model::ServiceKey& key, const Edit& edit) {
    const model::Service* service = model_.find(key);
    const model::Service before = service ? *service : model::Service{};
    if (auto ok = edit(model_); !ok) return ok;
    if (auto ok = tables_.change_service(*model_.find(key), true); !ok) {
        model_.restore(before);
        return ok;
    }
    return {};
}

}  // namespace turnout::director
