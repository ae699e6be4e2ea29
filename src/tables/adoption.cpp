// Adoption: a new daemon reads from the rows what an earlier one left, and goes on from there.
//
// What counts is what packets meet: a service is its row with an index entry, its servers are the
// candidates of its plan.  A server row in use that no plan names was being added or removed when
// the earlier daemon ended; it is treated as removed.
#include <cstring>

#include "base/panic.hpp"
#include "tables/convert.hpp"
#include "tables/tables.hpp"

namespace turnout::tables {

std::vector<model::Service> Tables::adopt() {
    std::vector<model::Service> services;
    for (uint32_t id = 0; id < rows_.services.size(); ++id) {
        if (!rows_.service_records[id].in_use) continue;
        const auto indexed = rows_.service_ids->get(rows_.services[id].key);
        if (indexed != id) {
            rows_.service_records[id].in_use = 0;
            continue;
        }
        // Tables that were taken over have no quick rows yet.
        ensure(rows_.service_ids->put(rows_.services[id].key, id).has_value(),
               "a service cannot be linked anew");
        services.push_back(adopt_service(id));
    }
    adopt_removed_servers();
    adopt_near_ends();
    for (RangeAllocator* rows :
         {&service_rows_, &plan_rows_, &candidate_rows_, &ring_rows_, &server_rows_})
        rows->finish_adoption();
    needs_.finish_adoption();
    filter_.finish_adoption();
    counted_rows_ = rows_with_counters();
    return services;
}

model::Service Tables::adopt_service(uint32_t id) {
    const abi::Service& row = rows_.services[id];
    const abi::ServiceRecord& record = rows_.service_records[id];
    const abi::Plan& plan = rows_.plans[row.plan];
    model::Service service;
    service.key = service_key_of(row.key);
    service.scheduler = name_of(plan.scheduler);
    service.flags = record.flags;
    service.persistence_timeout_s = record.persistence_timeout_s;
    service.netmask = record.netmask;
    service.persistence_engine = record.persistence_engine;

    ServiceEntry entry;
    entry.id = id;
    entry.plan = row.plan;
    service_rows_.adopt(id, 1);
    timeouts_.adopt(record.timeouts);
    plan_rows_.adopt(row.plan, 1);
    candidate_rows_.adopt(plan.first, plan.count);
    if (plan.ring_words) ring_rows_.adopt(plan.ring_first, plan.ring_words);
    watch(service.key);
    if (const uint32_t need = need_of(service.key)) needs_.add(need);
    note_need(entry, binds_by_call(service));
    for (uint32_t i = 0; i < plan.count; ++i) {
        const abi::Candidate& candidate = rows_.candidates[plan.first + i];
        service.servers.push_back(server_of_rows(candidate.server));
        if (service.servers.back().drain) needs_.add(abi::settings_flag::draining);
        entry.servers.emplace(service.servers.back().key, candidate.server);
    }
    group_candidates(plan);
    services_.emplace(service.key, std::move(entry));
    return service;
}

model::Drain Tables::drain_of_rows(uint32_t id) const {
    const abi::ServerRecord& record = rows_.server_records[id];
    return {.deadline_s = record.drain_deadline_s,
            .then_remove = (record.drain_flags & abi::drain_flag::then_remove) != 0,
            .udp_idle_s = rows_.servers[id].udp_idle_s,
            .is_over = (record.drain_flags & abi::drain_flag::is_over) != 0};
}

model::Server Tables::server_of_rows(uint32_t id) const {
    const abi::Server& row = rows_.servers[id];
    model::Server server;
    server.key = {from_row(row.address, row.family), to_host(row.port)};
    server.method = static_cast<model::Method>(row.method);
    const bool draining = row.flags & abi::server_flag::draining;
    // Records of older layouts know no weight.
    server.weight = draining ? rows_.server_records[id].weight : row.weight;
    server.upper_threshold = rows_.server_states[id].upper_threshold;
    server.lower_threshold = rows_.server_states[id].lower_threshold;
    server.tunnel = {static_cast<model::TunnelType>(row.tunnel_type), to_host(row.tunnel_port),
                     row.tunnel_flags};
    if (draining) server.drain = drain_of_rows(id);
    return server;
}

// A server that was NAT's once may have connections by NAT, whatever it is now.
void Tables::adopt_replies(const model::ServiceKey& service, const model::ServerKey& server,
                           uint32_t id) {
    model::Server held;
    held.key = server;
    held.method = model::Method::nat;
    if (is_wild(service) || rows_.replies->get(endpoint_of(server, service.protocol)))
        (void)hold_replies(service, held, id);
}

// Every server row in use is held: its addresses, its counters, and its place among the removed
// ones if no plan names it.
void Tables::adopt_removed_servers() {
    for (uint32_t id = 0; id < rows_.servers.size(); ++id) {
        abi::ServerRecord& record = rows_.server_records[id];
        if (record.use == abi::ServerUse::free) continue;
        server_rows_.adopt(id, 1);
        const model::ServiceKey service = service_key_of(record.service);
        watch(service);
        const model::Server server = server_of_rows(id);
        last_incarnation_ = std::max(last_incarnation_, rows_.servers[id].incarnation);
        adopt_replies(service, server.key, id);
        const auto owner = services_.find(service);
        const bool counted = owner != services_.end();
        if (counted) counted_by_[owner->second.id].push_back(id);
        if (counted && owner->second.servers.contains(server.key) &&
            owner->second.servers.at(server.key) == id) {
            record.use = abi::ServerUse::serving;
            continue;
        }
        mark_removed(id);
        record.use = abi::ServerUse::removed;
        const auto counting = counted ? std::optional(owner->second.id) : std::nullopt;
        removed_[{service, server.key}] = {id, counting, now_s_};
    }
}

// An earlier daemon may have ended before it took a server's out.
void Tables::adopt_near_ends() {
    for (const auto& [name, removed] : removed_)
        (void)rows_.near_ends->erase(sender_of(name.first, name.second));
    settings_changed();
}

}  // namespace turnout::tables
