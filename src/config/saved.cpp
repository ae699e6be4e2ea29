#include "config/saved.hpp"

#include <cerrno>
#include <ranges>

namespace turnout::config {
namespace {

std::vector<model::Server> servers_of(const model::Control& control,
                                      const model::ServiceKey& service) {
    std::vector<model::Server> servers;
    if (const auto reports = control.servers(service))
        for (const model::ServerReport& report : *reports) servers.push_back(report.server);
    return servers;
}

Error about(const std::string& what, const Error& error) {
    return {error.code, what + ": " + error.message};
}

Status restore(const model::Service& saved, model::Control& control) {
    model::Service service = saved;
    service.servers.clear();
    if (auto ok = control.apply(model::AddService{service}); !ok)
        return std::unexpected(about(to_string(saved.key), ok.error()));
    // A new server stands at the head of the list.
    for (const model::Server& server : std::views::reverse(saved.servers))
        if (auto ok = control.apply(model::AddServer{saved.key, server}); !ok)
            return std::unexpected(about(to_string(saved.key), ok.error()));
    return {};
}

}  // namespace

Saved collect(const model::Control& control, const model::OwnControl& own) {
    Saved saved;
    saved.timeouts = control.timeouts();
    for (const model::Setting& setting : own.settings())
        if (setting.value != setting.standard) saved.settings[setting.name] = setting.value;
    saved.mark_rules = own.mark_rules();
    saved.sync_daemons = control.daemons();
    for (model::ServiceReport& report : control.services()) {
        saved.services.push_back(std::move(report.service));
        const model::ServiceKey& key = saved.services.back().key;
        saved.services.back().servers = servers_of(control, key);
        if (auto timeouts = own.service_timeouts(key); timeouts && !timeouts->empty())
            saved.service_timeouts[key] = *std::move(timeouts);
    }
    return saved;
}

Status restore(const Saved& saved, model::Control& control, model::OwnControl& own) {
    if (auto ok = control.apply(model::SetTimeouts{saved.timeouts}); !ok)
        return std::unexpected(about("timeouts", ok.error()));
    for (const auto& [name, value] : saved.settings)
        if (auto ok = own.set(name, value); !ok)
            return std::unexpected(about("settings", ok.error()));
    if (!saved.mark_rules.empty())
        if (auto added = own.add_mark_rules(saved.mark_rules); !added)
            return std::unexpected(about("mark_rules", added.error()));
    for (const model::Service& service : saved.services)
        if (auto ok = restore(service, control); !ok) return ok;
    for (const auto& [key, timeouts] : saved.service_timeouts)
        if (auto ok = own.set_service_timeouts(key, timeouts); !ok)
            return std::unexpected(about(to_string(key), ok.error()));
    return restore_daemons(saved, control);
}

Status restore_daemons(const Saved& saved, model::Control& control) {
    for (const model::SyncDaemon& daemon : saved.sync_daemons)
        if (auto ok = control.apply(model::StartDaemon{daemon}); !ok && ok.error().code != ENODEV)
            return std::unexpected(about("sync_daemons", ok.error()));
    return {};
}

}  // namespace turnout::config
