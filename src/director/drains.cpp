// Drains: servers taken out of service without harm to the connections they have.
//
// A drain is part of its server, so it is adopted with it, and whoever edits the server leaves it
// as it is.  It ends when the server has no connections left, or at its deadline, whichever is
// first.
#include <algorithm>
#include <cerrno>

#include "director/director.hpp"
#include "tables/connections.hpp"

namespace turnout::director {
namespace {

std::string text_of(const model::ServiceKey& service, const model::ServerKey& server) {
    return to_string(server.address, server.port) + " of " + name_of(service);
}

Error no_such_server(const model::ServerChoice& choice) {
    const std::string where = choice.service ? name_of(*choice.service) : "no service";
    const std::string server =
        choice.port ? to_string(choice.server, *choice.port) : choice.server.to_string();
    return {ENOENT, choice.service ? where + " has no server " + server
                                   : "no service has a server " + server};
}

bool takes_connections(const model::Server& server) {
    return server.weight_now() > 0;
}

}  // namespace

std::vector<Director::ServerName> Director::chosen(const model::ServerChoice& choice) const {
    std::vector<ServerName> names;
    for (const auto& [key, service] : model_.services()) {
        if (choice.service && *choice.service != key) continue;
        for (const model::Server& server : service.servers)
            if (server.key.address == choice.server &&
                (!choice.port || *choice.port == server.key.port))
                names.emplace_back(key, server.key);
    }
    return names;
}

model::DrainReport Director::drain_report(const model::Service& service,
                                          const model::Server& server) const {
    const abi::ServerState& state = tables_.state(service.key, server.key);
    model::DrainReport report;
    report.service = service.key;
    report.server = server.key;
    report.weight = server.weight;
    report.is_over = server.drain->is_over;
    report.then_remove = server.drain->then_remove;
    const uint64_t now_s = clock_() / 1000000000;
    if (const uint64_t deadline_s = server.drain->deadline_s)
        report.left_s = deadline_s > now_s ? deadline_s - now_s : 0;
    report.templates = state.persistent;
    report.is_last = std::ranges::none_of(service.servers, takes_connections);
    const uint64_t load = state.load;
    const uint32_t connections = abi::load::active(load) + abi::load::inactive(load);
    if (!connections) return report;
    if (service.key.mark)
        report.connections = tables::protocols_of(rows_, abi::tick_of_ns(clock_()),
                                                  tables_.row(service.key, server.key));
    else
        report.connections[service.key.protocol] = connections;
    return report;
}

std::vector<model::DrainReport> Director::drains() const {
    std::vector<model::DrainReport> reports;
    for (const auto& [key, service] : model_.services())
        for (const model::Server& server : service.servers)
            if (server.drain) reports.push_back(drain_report(service, server));
    return reports;
}

Status Director::set_drain(const ServerName& name, const std::optional<model::Drain>& drain) {
    const Status done = change_servers(name.first, [&](model::Model& model) {
        return model.set_drain(name.first, name.second, drain);
    });
    if (done) changed_();
    return done;
}

Result<std::vector<model::DrainReport>> Director::start_drain(const model::ServerChoice& servers,
                                                              const model::DrainOptions& options) {
    const auto names = chosen(servers);
    if (names.empty()) return std::unexpected(no_such_server(servers));
    model::Drain drain;
    if (options.deadline_s) drain.deadline_s = clock_() / 1000000000 + *options.deadline_s;
    drain.then_remove = options.then_remove;
    drain.udp_idle_s = options.udp_idle_s;
    std::vector<model::DrainReport> started;
    for (const ServerName& name : names) {
        if (auto ok = set_drain(name, drain); !ok) return std::unexpected(ok.error());
        tell_("drain of " + text_of(name.first, name.second) + " started");
        const model::Service& service = *model_.find(name.first);
        started.push_back(drain_report(service, *model::Model::find(service, name.second)));
    }
    return started;
}

Result<uint32_t> Director::cancel_drain(const model::ServerChoice& servers) {
    uint32_t cancelled = 0;
    const auto names = chosen(servers);
    if (names.empty()) return std::unexpected(no_such_server(servers));
    for (const ServerName& name : names) {
        if (!model::Model::find(*model_.find(name.first), name.second)->drain) continue;
        if (auto ok = set_drain(name, std::nullopt); !ok) return std::unexpected(ok.error());
        tell_("drain of " + text_of(name.first, name.second) + " cancelled");
        ++cancelled;
    }
    if (!cancelled)
        return fail(ENOENT,
                    "that server is not being drained; `turnout drain list` shows which "
                    "are");
    return cancelled;
}

void Director::end_drains() {
    const uint64_t now_s = clock_() / 1000000000;
    std::vector<std::tuple<ServerName, model::Drain, const char*>> over;
    for (const auto& [key, service] : model_.services())
        for (const model::Server& server : service.servers) {
            if (!server.drain || server.drain->is_over) continue;
            const bool late = server.drain->deadline_s && now_s >= server.drain->deadline_s;
            const bool empty = tables_.state(key, server.key).load == 0;
            if (empty || late)
                over.emplace_back(ServerName{key, server.key}, *server.drain,
                                  empty ? "no connection is left" : "the deadline has come");
        }
    for (const auto& [name, drain, why] : over) end_drain(name, drain, why);
}

// What cannot be written now is tried again with the next tick.
void Director::end_drain(const ServerName& name, const model::Drain& drain, const char* why) {
    const std::string text = text_of(name.first, name.second);
    model::Drain ended = drain;
    ended.is_over = true;
    const Status done = drain.then_remove ? apply(model::RemoveServer{name.first, name.second})
                                          : set_drain(name, ended);
    tell_("drain of " + text + ": " + why + ", " +
          (!done               ? done.error().message
           : drain.then_remove ? std::string("the server is removed")
                               : std::string("it stays out of service")));
}

}  // namespace turnout::director
