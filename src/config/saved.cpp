#include "config/saved.hpp"

#include <cerrno>
#include <ranges>

namespace turnout::config {
namespace {

// What a drain waits for does not survive a reboot: how long it would have waited is not kept.
std::optional<model::Drain> lasting(const std::optional<model::Drain>& drain) {
    if (!drain) return std::nullopt;
    model::Drain kept;
    kept.then_remove = drain->then_remove;
    kept.udp_idle_s = drain->udp_idle_s;
    return kept;
}

std::vector<model::Server> servers_of(const model::Control& control,
                                      const model::ServiceKey& service) {
    std::vector<model::Server> servers;
    const auto reports = control.servers(service);
    if (!reports) return servers;
    for (const model::ServerReport& report : *reports) {
        servers.push_back(report.server);
        servers.back().drain = lasting(report.server.drain);
    }
    return servers;
}

Error about(const std::string& what, const Error& error) {
    return {error.code, what + ": " + error.message};
}

Status restore_drain(const model::ServiceKey& service, const model::Server& server,
                     model::OwnControl& own) {
    model::DrainOptions options;
    options.then_remove = server.drain->then_remove;
    options.udp_idle_s = server.drain->udp_idle_s;
    const auto started = own.start_drain({service, server.key.address, server.key.port}, options);
    return started ? Status{} : std::unexpected(started.error());
}

Status restore(const model::ServiceKey& service, const model::Server& saved,
               model::Control& control, model::OwnControl& own) {
    model::Server server = saved;
    server.drain.reset();
    if (auto ok = control.apply(model::AddServer{service, server}); !ok) return ok;
    return saved.drain ? restore_drain(service, saved, own) : Status{};
}

Status restore(const model::Service& saved, model::Control& control, model::OwnControl& own) {
    model::Service service = saved;
    service.servers.clear();
    if (auto ok = control.apply(model::AddService{service}); !ok)
        return std::unexpected(about(to_string(saved.key), ok.error()));
    // A new server stands at the head of the list.
    for (const model::Server& server : std::views::reverse(saved.servers))
        if (auto ok = restore(saved.key, server, control, own); !ok)
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
        if (own.resets_idle(key).value_or(false)) saved.reset_idle.insert(key);
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
        if (auto ok = restore(service, control, own); !ok) return ok;
    for (const auto& [key, timeouts] : saved.service_timeouts)
        if (auto ok = own.set_service_timeouts(key, timeouts); !ok)
            return std::unexpected(about(to_string(key), ok.error()));
    for (const auto& key : saved.reset_idle)
        if (auto ok = own.set_resets_idle(key, true); !ok)
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
