#include "director/director.hpp"

#include <cerrno>

#include "base/panic.hpp"
#include "tables/connections.hpp"
#include "tables/convert.hpp"
#include "tables/timeouts.hpp"

namespace turnout::director {

Director::Director(tables::Rows& rows, model::Limits limits, tables::SourceFor source_for,
                   Clock clock, tables::IsOwn is_own, model::MtuOf mtu_of)
    : rows_(rows),
      clock_(std::move(clock)),
      model_(limits, tables::scheduler_names()),
      mtu_of_(std::move(mtu_of)),
      tables_(rows, std::move(source_for), std::move(is_own)),
      mark_rules_(rows) {
    tables_.collect(clock_() / 1000000000);
    for (const model::Service& service : tables_.adopt()) model_.restore(service);
}

Status Director::apply(const model::Change& change) {
    const Status done = perform(change);
    if (done && !std::holds_alternative<model::ZeroCounters>(change)) changed_();
    return done;
}

Status Director::perform(const model::Change& change) {
    return std::visit(
        [this]<class C>(const C& c) -> Status {
            using namespace model;
            if constexpr (std::is_same_v<C, AddService>) {
                return add_service(c);
            } else if constexpr (std::is_same_v<C, EditService>) {
                return edit_service(c);
            } else if constexpr (std::is_same_v<C, RemoveService>) {
                return remove_service(c);
            } else if constexpr (std::is_same_v<C, AddServer>) {
                if (auto ok = check_families(c.service, c.server.key); !ok) return ok;
                return change_servers(c.service,
                                      [&](Model& m) { return m.add_server(c.service, c.server); });
            } else if constexpr (std::is_same_v<C, EditServer>) {
                if (auto ok = check_families(c.service, c.server.key); !ok) return ok;
                return change_servers(c.service,
                                      [&](Model& m) { return m.edit_server(c.service, c.server); });
            } else if constexpr (std::is_same_v<C, RemoveServer>) {
                return change_servers(
                    c.service, [&](Model& m) { return m.remove_server(c.service, c.server); });
            } else if constexpr (std::is_same_v<C, RemoveAll>) {
                while (!model_.services().empty())
                    if (auto ok = remove_service({model_.services().begin()->first}); !ok)
                        return ok;
                return {};
            } else if constexpr (std::is_same_v<C, ZeroCounters>) {
                return zero(c);
            } else if constexpr (std::is_same_v<C, StartDaemon>) {
                return start_daemon(c);
            } else if constexpr (std::is_same_v<C, StopDaemon>) {
                return daemons_.stop(c.role);
            } else {
                static_assert(std::is_same_v<C, SetTimeouts>);
                tables::set_timeouts(rows_, c.timeouts);
                return {};
            }
        },
        change);
}

Status Director::add_service(const model::AddService& change) {
    if (auto ok = model_.add_service(change.service); !ok) return ok;
    if (auto ok = tables_.add_service(change.service); !ok) {
        ensure(model_.remove_service(change.service.key).has_value(), "an undone service stays");
        return ok;
    }
    return {};
}

Status Director::edit_service(const model::EditService& change) {
    const model::Service* service = model_.find(change.service.key);
    const model::Service before = service ? *service : model::Service{};
    if (auto ok = model_.edit_service(change.service, change.flags_mask); !ok) return ok;
    if (auto ok = tables_.change_service(*model_.find(change.service.key), false); !ok) {
        model_.restore(before);
        return ok;
    }
    return {};
}

Status Director::remove_service(const model::RemoveService& change) {
    const model::Service* service = model_.find(change.key);
    if (service)
        for (const model::Server& server : service->servers)
            server_rates_.erase({change.key, server.key});
    if (auto ok = model_.remove_service(change.key); !ok) return ok;
    service_rates_.erase(change.key);
    tables_.remove_service(change.key);
    return {};
}

Status Director::zero(const model::ZeroCounters& change) {
    if (!change.service) {
        for (const auto& [key, service] : model_.services()) tables_.zero_counters(key);
        return {};
    }
    if (!model_.find(*change.service))
        return fail(ESRCH, "no virtual service " + to_string(*change.service));
    tables_.zero_counters(*change.service);
    return {};
}

// What is told to a backup has no room for a server of the other family: IPVS refuses either beside
// the other.
Status Director::start_daemon(const model::StartDaemon& change) {
    if (model_.mixes_families())
        return fail(EINVAL, "no sync daemon beside servers of another family than their service");
    return daemons_.start(change.daemon, mtu_of_);
}

Status Director::check_families(const model::ServiceKey& service,
                                const model::ServerKey& server) const {
    const bool mixed = server.address.family != service.address.family && model_.find(service);
    if (!mixed || daemons_.running().empty()) return {};
    return fail(EINVAL, "no server of another family than its service beside a sync daemon");
}

std::vector<model::ServiceReport> Director::services() const {
    std::vector<model::ServiceReport> reports;
    for (const auto& [key, service] : model_.services()) reports.push_back(report(service));
    return reports;
}

Status Director::exists(const model::ServiceKey& key) const {
    if (!model_.find(key)) return fail(ESRCH, "no virtual service " + to_string(key));
    return {};
}

Result<model::ServiceReport> Director::service(const model::ServiceKey& key) const {
    const model::Service* service = model_.find(key);
    if (!service) return fail(ESRCH, "no virtual service " + to_string(key));
    return report(*service);
}

Result<std::vector<model::ServerReport>> Director::servers(const model::ServiceKey& key) const {
    const model::Service* service = model_.find(key);
    if (!service) return fail(ESRCH, "no virtual service " + to_string(key));
    std::vector<model::ServerReport> reports;
    for (const model::Server& server : service->servers)
        reports.push_back(report(*service, server));
    return reports;
}

bool Director::connections(uint32_t part,
                           const std::function<void(const model::ConnectionReport&)>& visit) const {
    return tables::visit_connections(rows_, part, abi::tick_of_ns(clock_()), visit);
}

model::Timeouts Director::timeouts() const {
    return tables::timeouts_of(rows_);
}

uint32_t Director::connection_table_size() const {
    return static_cast<uint32_t>(rows_.buckets.size()) * abi::bucket_fill;
}

void Director::tick() {
    end_drains();
    tables_.collect(clock_() / 1000000000);
    for (const auto& [key, service] : model_.services()) {
        service_rates_[key].sample(tables_.counters(key));
        for (const model::Server& server : service.servers)
            server_rates_[{key, server.key}].sample(tables_.counters(key, server.key));
    }
    total_rates_.sample(sum(tables_.totals()));
    for (const std::string& news : pressure_.look(rows_)) tell_(news);
}

model::ServiceReport Director::report(const model::Service& service) const {
    model::ServiceReport report;
    report.service = service;
    report.server_count = static_cast<uint32_t>(service.servers.size());
    report.service.servers.clear();
    report.counters = tables_.counters(service.key);
    const auto rates = service_rates_.find(service.key);
    if (rates != service_rates_.end()) report.rates = rates->second.rates();
    return report;
}

model::ServerReport Director::report(const model::Service& service,
                                     const model::Server& server) const {
    model::ServerReport report;
    report.server = server;
    const abi::ServerState& state = tables_.state(service.key, server.key);
    const uint64_t load = state.load;
    report.active = abi::load::active(load);
    report.inactive = abi::load::inactive(load);
    report.persistent = state.persistent;
    report.counters = tables_.counters(service.key, server.key);
    const auto rates = server_rates_.find({service.key, server.key});
    if (rates != server_rates_.end()) report.rates = rates->second.rates();
    return report;
}

}  // namespace turnout::director
