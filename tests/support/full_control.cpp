#include "support/full_control.hpp"

#include <algorithm>
#include <cerrno>
#include <set>

#include "support/interfaces.hpp"
#include "support/set_timeouts.hpp"

namespace turnout::test {
namespace {

using model::Method;
using model::Server;
using model::Service;

Status check(const Service& service) {
    static const std::set<std::string> schedulers{"rr", "wrr", "lc", "wlc", "fo", "ovf",   "lblc",
                                                  "dh", "sh",  "mh", "sed", "nq", "lblcr", "none"};
    if (!schedulers.contains(service.scheduler)) return fail(ENOENT, "no such scheduler");
    if (!service.persistence_engine.empty() && service.persistence_engine != "sip")
        return fail(ENOENT, "no such persistence engine");
    const bool ipv6 = service.key.address.family == model::Family::ipv6;
    if (ipv6 && (service.netmask < 1 || service.netmask > 128)) return fail(EINVAL, "netmask");
    return {};
}

Status check(const Service& service, const Server& server) {
    if (server.key.address.family != service.key.address.family && server.method != Method::tunnel)
        return fail(EINVAL, "families differ");
    if (server.weight < 0 || server.lower_threshold > server.upper_threshold)
        return fail(ERANGE, "weight or thresholds");
    if (server.tunnel.type == model::TunnelType::gue && server.tunnel.port == 0)
        return fail(EINVAL, "GUE port");
    return {};
}

auto find(std::vector<Server>& servers, const model::ServerKey& key) {
    return std::find_if(servers.begin(), servers.end(),
                        [&](const Server& server) { return server.key == key; });
}

model::ServiceReport report(Service service, const FullControl& control) {
    const auto count = static_cast<uint32_t>(service.servers.size());
    service.servers.clear();
    return {std::move(service), count, control.counters, control.rates};
}

}  // namespace

struct FullControl::Change {
    FullControl& control;

    Service* find_service(const model::ServiceKey& key) {
        const auto at = control.services_.find(key);
        return at == control.services_.end() ? nullptr : &at->second;
    }

    Status operator()(const model::AddService& c) {
        if (find_service(c.service.key)) return fail(EEXIST, "exists");
        if (auto ok = check(c.service); !ok) return ok;
        control.services_[c.service.key] = c.service;
        return {};
    }
    Status operator()(const model::EditService& c) {
        Service* service = find_service(c.service.key);
        if (!service) return fail(ESRCH, "no service");
        if (auto ok = check(c.service); !ok) return ok;
        Service next = c.service;
        next.flags = (service->flags & ~c.flags_mask) | (c.service.flags & c.flags_mask);
        next.servers = service->servers;
        *service = next;
        return {};
    }
    Status operator()(const model::RemoveService& c) {
        return control.services_.erase(c.key) ? Status{} : fail(ESRCH, "no service");
    }
    Status operator()(const model::AddServer& c) {
        Service* service = find_service(c.service);
        if (!service) return fail(ESRCH, "no service");
        if (auto ok = check(*service, c.server); !ok) return ok;
        if (find(service->servers, c.server.key) != service->servers.end())
            return fail(EEXIST, "exists");
        if (!c.server.key.address.is_unicast()) return fail(EINVAL, "not unicast");
        service->servers.insert(service->servers.begin(), c.server);
        return {};
    }
    Status operator()(const model::EditServer& c) {
        Service* service = find_service(c.service);
        if (!service) return fail(ESRCH, "no service");
        if (auto ok = check(*service, c.server); !ok) return ok;
        const auto at = find(service->servers, c.server.key);
        if (at == service->servers.end()) return fail(ENOENT, "no server");
        *at = c.server;
        return {};
    }
    Status operator()(const model::RemoveServer& c) {
        Service* service = find_service(c.service);
        if (!service) return fail(ESRCH, "no service");
        const auto at = find(service->servers, c.server);
        if (at == service->servers.end()) return fail(ENOENT, "no server");
        service->servers.erase(at);
        return {};
    }
    Status operator()(const model::RemoveAll&) {
        control.services_.clear();
        return {};
    }
    Status operator()(const model::ZeroCounters& c) {
        if (c.service && !find_service(*c.service)) return fail(ESRCH, "no service");
        control.counters = {};
        return {};
    }
    Status operator()(const model::StartDaemon& c) {
        return control.daemons_.start(c.daemon, mtu_of);
    }
    Status operator()(const model::StopDaemon& c) { return control.daemons_.stop(c.role); }
    Status operator()(const model::SetTimeouts& c) {
        set_timeouts(control.timeouts_, c.timeouts);
        return {};
    }
};

Status FullControl::apply(const model::Change& change) {
    return std::visit(Change{*this}, change);
}

std::vector<model::ServiceReport> FullControl::services() const {
    std::vector<model::ServiceReport> reports;
    for (const auto& [key, service] : services_) reports.push_back(report(service, *this));
    return reports;
}

Status FullControl::exists(const model::ServiceKey& key) const {
    if (!services_.contains(key)) return fail(ESRCH, "no service");
    return {};
}

Result<model::ServiceReport> FullControl::service(const model::ServiceKey& key) const {
    const auto at = services_.find(key);
    if (at == services_.end()) return fail(ESRCH, "no service");
    return report(at->second, *this);
}

Result<std::vector<model::ServerReport>> FullControl::servers(const model::ServiceKey& key) const {
    const auto at = services_.find(key);
    if (at == services_.end()) return fail(ESRCH, "no service");
    std::vector<model::ServerReport> reports;
    for (const auto& server : at->second.servers)
        reports.push_back({server, active, inactive, persistent, counters, rates});
    return reports;
}

bool FullControl::connections(
    uint32_t part, const std::function<void(const model::ConnectionReport&)>& visit) const {
    if (part > 0) return false;
    for (const auto& row : connection_rows) visit(row);
    return true;
}

}  // namespace turnout::test
