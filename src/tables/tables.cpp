#include "tables/tables.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/panic.hpp"
#include "tables/convert.hpp"
#include "tables/unsettle.hpp"

namespace turnout::tables {
namespace {

// How long a removed server is remembered when no connection needs it, as in IPVS.
constexpr uint64_t removed_rest_s = 120;

Error full(const char* what) {
    return {ENOSPC, std::string("the table of ") + what + " is full"};
}

}  // namespace

Tables::Tables(Rows& rows, SourceFor source_for, IsOwn is_own)
    : rows_(rows),
      source_for_(std::move(source_for)),
      is_own_(std::move(is_own)),
      service_rows_(static_cast<uint32_t>(rows.services.size()), rows.wait_for_packets),
      plan_rows_(static_cast<uint32_t>(rows.plans.size()), rows.wait_for_packets),
      candidate_rows_(static_cast<uint32_t>(rows.candidates.size()), rows.wait_for_packets),
      ring_rows_(static_cast<uint32_t>(rows.rings.size()), rows.wait_for_packets),
      server_rows_(static_cast<uint32_t>(rows.servers.size()), rows.wait_for_packets),
      filter_(rows.filter),
      needs_(*rows.settings),
      replies_(*rows.replies),
      near_ends_(*rows.near_ends, source_for_),
      timeouts_(rows),
      counted_by_(rows.services.size()),
      replies_held_(rows.servers.size()) {
    // Row 0 of the plans is the empty plan: what a service has before its first.
    plan_rows_.adopt(0, 1);
    plan_rows_.finish_adoption();
}

Status Tables::add_service(const model::Service& service) {
    const auto id = service_rows_.take(1);
    if (!id) return std::unexpected(full("services"));
    ServiceEntry entry;
    entry.id = *id;
    const uint32_t epoch = rows_.service_records[*id].epoch + 1;
    rows_.service_records[*id] = {};
    rows_.service_records[*id].epoch = epoch;
    const auto plan = write_plan(service, entry);
    if (!plan) {
        service_rows_.give_back(*id, 1);
        return std::unexpected(plan.error());
    }
    write_record(service, *id);
    entry.plan = *plan;
    rows_.cursors[*id].word = abi::cursor(0, rows_.plans[*plan].top_weight);
    rows_.services[*id] = {endpoint_of(service.key), *plan};
    watch(service.key);
    if (const uint32_t need = need_of(service.key)) needs_.add(need);
    note_need(entry, binds_by_call(service));
    if (auto ok = rows_.service_ids->put(endpoint_of(service.key), *id); !ok) {
        services_.emplace(service.key, entry);
        remove_service(service.key);
        return ok;
    }
    services_.emplace(service.key, std::move(entry));
    return {};
}

Status Tables::change_service(const model::Service& service, bool servers_changed) {
    ServiceEntry& entry = services_.at(service.key);
    if (auto ok = enter_servers(service, entry); !ok) return ok;
    // Another scheduler starts without what the one before remembered.
    if (scheduler_of(service.scheduler) != rows_.plans[entry.plan].scheduler)
        ++rows_.service_records[entry.id].epoch;
    const auto plan = write_plan(service, entry);
    if (!plan) return std::unexpected(plan.error());
    if (binds_by_call(service)) note_need(entry, true);
    flip(entry, *plan, servers_changed);
    note_need(entry, binds_by_call(service));
    write_record(service, entry.id);
    retire_missing(service, entry);
    return {};
}

void Tables::remove_service(const model::ServiceKey& key) {
    ServiceEntry& entry = services_.at(key);
    // From here no new connection finds the service; its old ones find their servers removed.
    ensure(rows_.service_ids->erase(endpoint_of(key)).has_value(), "a service cannot be unlinked");
    while (!entry.servers.empty()) retire_server(key, entry, entry.servers.begin()->first);
    for (auto at = removed_.lower_bound({key, {}}); at != removed_.end() && at->first.first == key;
         ++at)
        at->second.service.reset();
    counted_by_[entry.id].clear();
    rows_.service_records[entry.id].in_use = 0;
    rows_.service_records[entry.id].resets_idle = 0;
    timeouts_.give_back(rows_.service_records[entry.id].timeouts);
    give_plan_back(entry.plan);
    service_rows_.give_back(entry.id, 1);
    unwatch(key);
    if (const uint32_t need = need_of(key)) needs_.remove(need);
    note_need(entry, false);
    services_.erase(key);
}

model::StateTimeouts Tables::timeouts(const model::ServiceKey& service) const {
    return timeouts_.own(rows_.service_records[services_.at(service).id].timeouts);
}

Status Tables::set_timeouts(const model::ServiceKey& service, const model::StateTimeouts& own) {
    const ServiceEntry& entry = services_.at(service);
    const auto row = timeouts_.take(own);
    if (!row) return std::unexpected(row.error());
    uint32_t& current = rows_.service_records[entry.id].timeouts;
    const uint32_t before = std::exchange(current, *row);
    unsettle(rows_);
    for (const auto& [key, id] : entry.servers)
        rows_.servers[id].timeouts = static_cast<uint16_t>(*row);
    timeouts_.give_back(before);
    return {};
}

bool Tables::resets_idle(const model::ServiceKey& service) const {
    return rows_.service_records[services_.at(service).id].resets_idle;
}

void Tables::set_resets_idle(const model::ServiceKey& service, bool resets) {
    const ServiceEntry& entry = services_.at(service);
    rows_.service_records[entry.id].resets_idle = resets;
    for (const auto& [key, id] : entry.servers) set_flag(id, abi::server_flag::resets_idle, resets);
}

void Tables::collect(uint64_t now_s) {
    now_s_ = now_s;
    for (auto at = removed_.begin(); at != removed_.end();) {
        const abi::ServerState& state = rows_.server_states[at->second.id];
        const bool idle = state.load == 0 && state.persistent == 0;
        if (!idle || now_s - at->second.since_s < removed_rest_s) {
            ++at;
            continue;
        }
        release_server(at->first, at->second);
        at = removed_.erase(at);
    }
}

void Tables::refresh_ways() {
    for (const auto& [key, entry] : services_)
        for (const auto& [server, id] : entry.servers) {
            abi::Server& row = rows_.servers[id];
            set_flag(id, abi::server_flag::local, is_own_(server.address));
            if (row.method != abi::Method::tunnel && is_none(row.tunnel_source)) continue;
            if (const auto source = source_for_(server.address))
                row.tunnel_source = to_row(*source);
        }
    near_ends_.refresh();
}

void Tables::settings_changed() {
    const bool wanted = rows_.settings->flags & abi::settings_flag::nat_icmp_send;
    if (wanted == near_ends_.are_kept()) return;
    if (!wanted) return near_ends_.forget();
    near_ends_.keep();
    for (const auto& [key, entry] : services_)
        for (const auto& [server, id] : entry.servers)
            if (rows_.servers[id].method == abi::Method::nat)
                near_ends_.add(sender_of(key, server));
}

// The server_flag that tells where a server is.
uint32_t Tables::place_of(const model::Address& server) const {
    return is_own_(server) ? abi::server_flag::local : 0;
}

// Every server of the model gets a row, or its row is brought up to date.
Status Tables::enter_servers(const model::Service& service, ServiceEntry& entry) {
    for (const model::Server& server : service.servers)
        if (auto ok = enter_server(service, entry, server); !ok) {
            // What has been entered in vain is not in the plan: it goes as removed ones go.
            return ok;
        }
    return {};
}

Status Tables::enter_server(const model::Service& service, ServiceEntry& entry,
                            const model::Server& server) {
    const auto known = entry.servers.find(server.key);
    if (known != entry.servers.end()) {
        // Nothing to ask the kernel's routing for, which is dear for thousands of servers.
        if (server_of_rows(known->second) == server) return {};
        if (auto ok = hold_replies(service.key, server, known->second); !ok) return ok;
        write_server(service.key, entry.id, known->second, server);
        return {};
    }
    const auto id = take_server_row(service, entry, server);
    if (!id) return std::unexpected(id.error());
    write_server(service.key, entry.id, *id, server);
    entry.servers.emplace(server.key, *id);
    return {};
}

// A removed server's own row, or a fresh one.
Result<uint32_t> Tables::take_server_row(const model::Service& service, const ServiceEntry& entry,
                                         const model::Server& server) {
    const auto removed = removed_.find({service.key, server.key});
    if (removed != removed_.end()) {
        const uint32_t id = removed->second.id;
        if (auto ok = hold_replies(service.key, server, id); !ok)
            return std::unexpected(ok.error());
        if (!removed->second.service) {
            // It comes from the service's former life, whose packets this one does not count.
            auto& record = rows_.service_records[entry.id];
            auto base = from_row(record.base);
            record.base = to_row(base += raw_counters(id));
            counted_by_[entry.id].push_back(id);
        }
        removed_.erase(removed);
        return id;
    }
    const auto id = server_rows_.take(1);
    if (!id) return std::unexpected(full("servers"));
    rows_.server_states[*id] = {};
    rows_.server_records[*id] = {};
    rows_.servers[*id] = {};
    rows_.servers[*id].incarnation = ++last_incarnation_;
    rows_.server_records[*id].base = to_row(raw_counters(*id));
    if (auto ok = hold_replies(service.key, server, *id); !ok) {
        server_rows_.give_back(*id, 1);
        return std::unexpected(ok.error());
    }
    watch(service.key);
    counted_by_[entry.id].push_back(*id);
    auto& record = rows_.service_records[entry.id];
    auto base = from_row(record.base);
    record.base = to_row(base += raw_counters(*id));
    return *id;
}

// A NAT server's packets must be recognised as replies, for as long as its row lives.
Status Tables::hold_replies(const model::ServiceKey& service, const model::Server& server,
                            uint32_t id) {
    if (server.method != model::Method::nat || replies_held_[id]) return {};
    const abi::Endpoint endpoint = endpoint_of(server.key, service.protocol);
    if (is_wild(service))
        needs_.add(abi::settings_flag::wild_replies);
    else if (auto ok = replies_.add(endpoint, endpoint_of(service)); !ok)
        return ok;
    filter_.add_nat_server(endpoint.address);
    replies_held_[id] = true;
    return {};
}

void Tables::release_replies(const ServerName& name, uint32_t id) {
    if (!replies_held_[id]) return;
    const abi::Endpoint endpoint = endpoint_of(name.second, name.first.protocol);
    if (is_wild(name.first))
        needs_.remove(abi::settings_flag::wild_replies);
    else
        ensure(replies_.remove(endpoint).has_value(), "a reply entry cannot be unlinked");
    filter_.remove_nat_server(endpoint.address);
    replies_held_[id] = false;
}

void Tables::note_need(ServiceEntry& entry, bool by_call) {
    if (entry.by_call == by_call) return;
    entry.by_call = by_call;
    if (by_call)
        needs_.add(abi::settings_flag::sip);
    else
        needs_.remove(abi::settings_flag::sip);
}

// Packets to the service, or to connections it had, must be looked at.
void Tables::watch(const model::ServiceKey& service) {
    if (service.mark)
        filter_.add_service_anywhere();
    else
        filter_.add_service(to_row(service.address));
}

void Tables::unwatch(const model::ServiceKey& service) {
    if (service.mark)
        filter_.remove_service_anywhere();
    else
        filter_.remove_service(to_row(service.address));
}

void Tables::write_server(const model::ServiceKey& service, uint32_t service_id, uint32_t id,
                          const model::Server& server) {
    abi::ServerRecord& record = rows_.server_records[id];
    const bool added = record.use != abi::ServerUse::serving;
    const bool was_nat = !added && rows_.servers[id].method == abi::Method::nat;
    const bool is_nat = server.method == model::Method::nat;
    if (is_nat && !was_nat) near_ends_.add(sender_of(service, server.key));
    if (was_nat && !is_nat) near_ends_.remove(sender_of(service, server.key));
    record.use = abi::ServerUse::serving;
    if (added || server.weight) record.last_weight = server.weight;
    record.service = endpoint_of(service);
    record.weight = server.weight;

    write_thresholds(id, server);
    write_drain(id, server);
    abi::Server row{};
    row.timeouts = static_cast<uint16_t>(rows_.service_records[service_id].timeouts);
    row.weight = server.weight_now();
    row.incarnation = rows_.servers[id].incarnation;
    row.hop = rows_.servers[id].hop;
    row.path_mtu = rows_.servers[id].path_mtu;
    row.address = to_row(server.key.address);
    row.port = to_be(server.key.port);
    row.family = static_cast<abi::Family>(server.key.address.family);
    row.flags = place_of(server.key.address) | (server.drain ? abi::server_flag::draining : 0);
    if (rows_.service_records[service_id].resets_idle) row.flags |= abi::server_flag::resets_idle;
    row.udp_idle_s = server.drain ? server.drain->udp_idle_s : uint8_t{0};
    row.method = static_cast<abi::Method>(server.method);
    row.tunnel_type = static_cast<abi::TunnelType>(server.tunnel.type);
    row.tunnel_port = to_be(server.tunnel.port);
    row.tunnel_flags = server.tunnel.flags;
    // A server that is no tunnel's any more keeps the source for the connections it has.
    row.tunnel_source = rows_.servers[id].tunnel_source;
    if (server.method == model::Method::tunnel)
        if (const auto source = source_for_(server.key.address))
            row.tunnel_source = to_row(*source);
    const abi::Server& before = rows_.servers[id];
    if (before.flags != row.flags || before.timeouts != row.timeouts) unsettle(rows_);
    if (std::memcmp(&before, &row, sizeof row) != 0) rows_.servers[id] = row;
}

// What a later daemon must know of a drain; and packets, that there is one.
void Tables::write_drain(uint32_t id, const model::Server& server) {
    abi::ServerRecord& record = rows_.server_records[id];
    record.drain_deadline_s = server.drain ? server.drain->deadline_s : 0;
    record.drain_flags = 0;
    if (server.drain && server.drain->is_over) record.drain_flags |= abi::drain_flag::is_over;
    if (server.drain && server.drain->then_remove)
        record.drain_flags |= abi::drain_flag::then_remove;
    const bool was_drained = rows_.servers[id].flags & abi::server_flag::draining;
    if (server.drain && !was_drained) needs_.add(abi::settings_flag::draining);
    if (!server.drain && was_drained) needs_.remove(abi::settings_flag::draining);
}

// A server is no longer overloaded when its threshold goes up or away.
void Tables::write_thresholds(uint32_t id, const model::Server& server) {
    abi::ServerState& state = rows_.server_states[id];
    const uint32_t before = std::exchange(state.upper_threshold, server.upper_threshold);
    state.lower_threshold = server.lower_threshold;
    if (server.upper_threshold == 0 || server.upper_threshold > before)
        __atomic_store_n(&state.overloaded, 0u, __ATOMIC_SEQ_CST);
}

void Tables::set_flag(uint32_t id, uint32_t flag, bool on) {
    set_flags(id, on ? rows_.servers[id].flags | flag : rows_.servers[id].flags & ~flag);
}

void Tables::set_flags(uint32_t id, uint32_t flags) {
    if (rows_.servers[id].flags == flags) return;
    unsettle(rows_);
    rows_.servers[id].flags = flags;
}

void Tables::mark_removed(uint32_t id) {
    const uint32_t others = rows_.servers[id].flags & ~abi::server_flag::draining;
    set_flags(id, others | abi::server_flag::removed);
}

void Tables::retire_server(const model::ServiceKey& service, ServiceEntry& entry,
                           const model::ServerKey& server) {
    const auto at = entry.servers.find(server);
    const uint32_t id = at->second;
    write_drain(id, {});
    if (rows_.servers[id].method == abi::Method::nat) near_ends_.remove(sender_of(service, server));
    mark_removed(id);
    // The row it points to may become another service's.
    rows_.servers[id].timeouts = abi::common_timeouts;
    rows_.server_records[id].use = abi::ServerUse::removed;
    removed_[{service, server}] = {id, entry.id, now_s_};
    entry.servers.erase(at);
}

void Tables::retire_missing(const model::Service& service, ServiceEntry& entry) {
    if (entry.servers.size() == service.servers.size()) return;
    std::vector<model::ServerKey> missing;
    for (const auto& [key, id] : entry.servers)
        if (!model::Model::find(service, key)) missing.push_back(key);
    for (const auto& key : missing) retire_server(service.key, entry, key);
}

void Tables::release_server(const ServerName& name, const Removed& removed) {
    if (removed.service) {
        auto& record = rows_.service_records[*removed.service];
        auto retired = from_row(record.retired);
        record.retired = to_row(retired += raw_counters(removed.id));
        std::erase(counted_by_[*removed.service], removed.id);
    }
    release_replies(name, removed.id);
    unwatch(name.first);
    rows_.server_records[removed.id].use = abi::ServerUse::free;
    server_rows_.give_back(removed.id, 1);
}

void Tables::write_record(const model::Service& service, uint32_t id) {
    abi::ServiceRecord& record = rows_.service_records[id];
    record.in_use = 1;
    record.flags = service.flags;
    record.persistence_timeout_s = service.persistence_timeout_s;
    record.netmask = service.netmask;
    std::memset(record.persistence_engine, 0, sizeof record.persistence_engine);
    std::memcpy(record.persistence_engine, service.persistence_engine.data(),
                std::min(service.persistence_engine.size(), sizeof record.persistence_engine - 1));
}

}  // namespace turnout::tables
