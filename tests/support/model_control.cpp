#include "support/model_control.hpp"

#include <cerrno>

#include "support/interfaces.hpp"
#include "support/set_timeouts.hpp"

namespace turnout::test {
namespace {

struct Apply {
    model::Model& model;
    model::Timeouts& timeouts;
    model::SyncDaemons& daemons;

    Status operator()(const model::AddService& c) { return model.add_service(c.service); }
    Status operator()(const model::EditService& c) {
        return model.edit_service(c.service, c.flags_mask);
    }
    Status operator()(const model::RemoveService& c) { return model.remove_service(c.key); }
    Status operator()(const model::AddServer& c) { return model.add_server(c.service, c.server); }
    Status operator()(const model::EditServer& c) { return model.edit_server(c.service, c.server); }
    Status operator()(const model::RemoveServer& c) {
        return model.remove_server(c.service, c.server);
    }
    Status operator()(const model::RemoveAll&) {
        model = model::Model({}, tables::scheduler_names());
        return {};
    }
    Status operator()(const model::ZeroCounters& c) {
        if (c.service && !model.find(*c.service)) return fail(ESRCH, "no such service");
        return {};
    }
    Status operator()(const model::StartDaemon& c) { return daemons.start(c.daemon, mtu_of); }
    Status operator()(const model::StopDaemon& c) { return daemons.stop(c.role); }
    Status operator()(const model::SetTimeouts& c) {
        set_timeouts(timeouts, c.timeouts);
        return {};
    }
};

model::ServiceReport report(model::Service service) {
    const auto count = static_cast<uint32_t>(service.servers.size());
    service.servers.clear();
    return {std::move(service), count, {}, {}};
}

}  // namespace

Status ModelControl::apply(const model::Change& change) {
    return std::visit(Apply{model_, timeouts_, daemons_}, change);
}

std::vector<model::ServiceReport> ModelControl::services() const {
    std::vector<model::ServiceReport> reports;
    for (const auto& [key, service] : model_.services()) reports.push_back(report(service));
    return reports;
}

Status ModelControl::exists(const model::ServiceKey& key) const {
    if (!model_.find(key)) return fail(ESRCH, "no such service");
    return {};
}

Result<model::ServiceReport> ModelControl::service(const model::ServiceKey& key) const {
    const model::Service* found = model_.find(key);
    if (!found) return fail(ESRCH, "no such service");
    return report(*found);
}

Result<std::vector<model::ServerReport>> ModelControl::servers(const model::ServiceKey& key) const {
    const model::Service* found = model_.find(key);
    if (!found) return fail(ESRCH, "no such service");
    std::vector<model::ServerReport> reports(found->servers.size());
    for (size_t i = 0; i < reports.size(); ++i) reports[i].server = found->servers[i];
    return reports;
}

bool ModelControl::connections(
    uint32_t part, const std::function<void(const model::ConnectionReport&)>& visit) const {
    if (part > 0) return false;
    for (const auto& row : connection_rows) visit(row);
    return true;
}

}  // namespace turnout::test
