#include "model/model.hpp"

#include <algorithm>
#include <cerrno>

namespace turnout::model {
namespace {

Error no_such_service(const ServiceKey& key) {
    return {ESRCH, "no virtual service " + to_string(key) + "; add it first"};
}

Error no_such_server(const Service& service, const ServerKey& key) {
    return {ENOENT, "service " + to_string(service.key) + " has no server " +
                        to_string(key.address, key.port)};
}

bool has_ports(Protocol protocol) {
    return protocol == Protocol::tcp || protocol == Protocol::udp || protocol == Protocol::sctp;
}

Status check_server(const Service& service, const Server& server) {
    if (server.key.address.family != service.key.address.family && server.method != Method::tunnel)
        return fail(EINVAL,
                    "only a tunnel leads to a server of another address family than its service's");
    if (server.weight < 0) return fail(ERANGE, "a weight cannot be negative");
    if (server.lower_threshold > server.upper_threshold)
        return fail(ERANGE, "the lower threshold is above the upper one");
    // Whatever the method is, as IPVS has it.
    if (server.tunnel.type == TunnelType::gue && server.tunnel.port == 0)
        return fail(EINVAL, "a GUE tunnel ends at a UDP port from 1 to 65535");
    if (server.method == Method::local)
        return fail(EOPNOTSUPP, "the local method cannot be chosen; use direct, tunnel or NAT");
    return {};
}

}  // namespace

Status Model::check_scheduler(const std::string& name) const {
    if (std::find(schedulers_.begin(), schedulers_.end(), name) != schedulers_.end()) return {};
    std::string known;
    for (const std::string& each : schedulers_) known += (known.empty() ? "" : ", ") + each;
    return fail(ENOENT, "no scheduler \"" + name + "\"; there are " + known);
}

// What a packet could not be served by is refused here, rather than accepted and ignored.
Status Model::check_service(const Service& service) const {
    const ServiceKey& key = service.key;
    if (key.address.family == Family::ipv6 && (service.netmask < 1 || service.netmask > 128))
        return fail(EINVAL, "a prefix of IPv6 has 1 to 128 bits");
    if (key.mark == 0 && !has_ports(key.protocol))
        return fail(EOPNOTSUPP, "a service is of TCP, UDP or SCTP, or has a firewall mark");
    if (key.mark == 0 && key.port == 0 && !service.persistent())
        return fail(EINVAL, "port 0 needs a persistent service");
    if (key.mark == 0 && !key.address.is_unicast())
        return fail(EINVAL, key.address.to_string() + " is not a unicast address");
    if (!service.persistence_engine.empty() && service.persistence_engine != "sip")
        return fail(ENOENT,
                    "no persistence engine \"" + service.persistence_engine + "\"; there is sip");
    return check_scheduler(service.scheduler);
}

const Service* Model::find(const ServiceKey& key) const {
    const auto at = services_.find(key);
    return at == services_.end() ? nullptr : &at->second;
}

Service* Model::mutable_service(const ServiceKey& key) {
    return const_cast<Service*>(static_cast<const Model*>(this)->find(key));
}

bool Model::mixes_families() const {
    return std::ranges::any_of(services_, [](const auto& entry) {
        return std::ranges::any_of(entry.second.servers, [&](const Server& server) {
            return server.key.address.family != entry.first.address.family;
        });
    });
}

const Server* Model::find(const Service& service, const ServerKey& key) {
    const auto at = std::find_if(service.servers.begin(), service.servers.end(),
                                 [&](const Server& server) { return server.key == key; });
    return at == service.servers.end() ? nullptr : &*at;
}

Status Model::add_service(const Service& service) {
    if (find(service.key)) return fail(EEXIST, to_string(service.key) + " exists already");
    if (auto ok = check_service(service); !ok) return ok;
    if (services_.size() >= limits_.services)
        return fail(ENOSPC, "the service table is full (" + std::to_string(limits_.services) +
                                " services); start turnoutd with a larger --max-services");
    services_[service.key] = service;
    return {};
}

Status Model::edit_service(const Service& edited, uint32_t flags_mask) {
    Service* service = mutable_service(edited.key);
    if (!service) return std::unexpected(no_such_service(edited.key));
    Service next = edited;
    next.flags = (service->flags & ~flags_mask) | (edited.flags & flags_mask);
    if (auto ok = check_service(next); !ok) return ok;
    next.servers = std::move(service->servers);
    *service = std::move(next);
    return {};
}

Status Model::remove_service(const ServiceKey& key) {
    const Service* service = find(key);
    if (!service) return std::unexpected(no_such_service(key));
    server_count_ -= static_cast<uint32_t>(service->servers.size());
    services_.erase(key);
    return {};
}

Status Model::add_server(const ServiceKey& key, const Server& server) {
    Service* service = mutable_service(key);
    if (!service) return std::unexpected(no_such_service(key));
    if (auto ok = check_server(*service, server); !ok) return ok;
    if (find(*service, server.key))
        return fail(EEXIST, to_string(server.key.address, server.key.port) + " is a server of " +
                                to_string(key) + " already");
    if (!server.key.address.is_routable())
        return fail(EINVAL,
                    server.key.address.to_string() + " is not a unicast address to route to");
    if (service->servers.size() >= limits_.servers_per_service)
        return fail(ENOSPC, to_string(key) + " has the " +
                                std::to_string(limits_.servers_per_service) +
                                " servers that one service can have");
    if (server_count_ >= limits_.servers)
        return fail(ENOSPC, "the server table is full (" + std::to_string(limits_.servers) +
                                " servers); start turnoutd with a larger --max-servers");
    service->servers.insert(service->servers.begin(), server)->drain.reset();
    ++server_count_;
    return {};
}

Status Model::edit_server(const ServiceKey& key, const Server& edited) {
    Service* service = mutable_service(key);
    if (!service) return std::unexpected(no_such_service(key));
    if (auto ok = check_server(*service, edited); !ok) return ok;
    const Server* server = find(*service, edited.key);
    if (!server) return std::unexpected(no_such_server(*service, edited.key));
    Server& place = service->servers[static_cast<size_t>(server - service->servers.data())];
    const auto drain = place.drain;
    place = edited;
    place.drain = drain;
    return {};
}

Status Model::set_drain(const ServiceKey& key, const ServerKey& server_key,
                        std::optional<Drain> drain) {
    Service* service = mutable_service(key);
    if (!service) return std::unexpected(no_such_service(key));
    const Server* server = find(*service, server_key);
    if (!server) return std::unexpected(no_such_server(*service, server_key));
    service->servers[static_cast<size_t>(server - service->servers.data())].drain = drain;
    return {};
}

Status Model::remove_server(const ServiceKey& key, const ServerKey& server_key) {
    Service* service = mutable_service(key);
    if (!service) return std::unexpected(no_such_service(key));
    const Server* server = find(*service, server_key);
    if (!server) return std::unexpected(no_such_server(*service, server_key));
    service->servers.erase(service->servers.begin() + (server - service->servers.data()));
    --server_count_;
    return {};
}

void Model::restore(const Service& service) {
    Service& place = services_[service.key];
    server_count_ += static_cast<uint32_t>(service.servers.size());
    server_count_ -= static_cast<uint32_t>(place.servers.size());
    place = service;
}

}  // namespace turnout::model
