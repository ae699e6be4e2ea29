// Persistence: templates, which send all connections of a client to one server.
//
// A template is a record of the table with the client's address masked and its port 0.  What it
// holds in place of the virtual address is IPVS's: address and port of the service; address and
// port 0 for FTP and for services on every port; the mark, with protocol 0, for services by mark.
#pragma once

#include <stdint.h>

#include "path/find_service.hpp"
#include "table/counts.hpp"
#include "table/sweep.hpp"
#include "table/table.hpp"

namespace turnout {

namespace detail {

TURNOUT_INLINE abi::Address masked(const abi::Address& address, const abi::Address& mask) {
    abi::Address result;
    for (int i = 0; i < 4; ++i) result.word[i].raw = address.word[i].raw & mask.word[i].raw;
    return result;
}

// With a persistence engine the client and its call are named by a hash of both, of 128 bits.
TURNOUT_INLINE void name_call(abi::Tuple& tuple, Opening& opening) {
    opening.call.client = tuple.client;
    uint64_t words[sizeof(abi::Address) / 8];
    __builtin_memcpy(words, &tuple.client, sizeof words);
    const uint64_t client = mixed(words[0], words[1]);
    words[0] = mixed(opening.call_hash[0], client);
    words[1] = mixed(opening.call_hash[1], client);
    __builtin_memcpy(&tuple.client, words, sizeof words);
}

// Begins the client's template aside: its name, and nothing yet of where it leads.
TURNOUT_INLINE abi::Connection& begin_template(const ServiceView& service, Opening& opening) {
    abi::Connection& record = opening.aside;
    record = {};
    record.last_seen = opening.record.last_seen;
    abi::Tuple& tuple = record.tuple;
    tuple = opening.record.tuple;
    tuple.kind = abi::TupleKind::persistence;
    tuple.client = masked(tuple.client, service.plan.client_mask);
    tuple.client_port = be16{0};
    const bool exact = tuple.virtual_port == service.key.port;
    if (!exact || service.key.port == ftp_port) tuple.virtual_port = be16{0};
    if (is_by_mark(service.key)) {
        tuple.protocol = 0;
        tuple.virtual_address = service.key.address;
    }
    if (service.has(abi::plan_flag::sip)) {
        name_call(tuple, opening);
        record.status = abi::status::by_call;
    }
    return record;
}

// May new connections still follow the template?
template <TablesEnvironment Env>
TURNOUT_INLINE bool is_valid(Env& env, const abi::Settings& settings,
                             const abi::Connection& record) {
    const abi::Server* server = env.server(record.server);
    constexpr uint32_t gone = abi::server_flag::removed | abi::server_flag::draining;
    if (!server || server->flags & gone) return false;
    const bool quiescent = server->weight == 0;
    return !(quiescent && settings.flags & abi::settings_flag::expire_quiescent_template);
}

}  // namespace detail

// The client's template, or 0; one that may not be followed is retired.
template <TablesEnvironment Env>
TURNOUT_INLINE Location find_template(Env& env, const abi::Settings& settings,
                                      const ServiceView& service, Opening& opening) {
    const abi::Connection& wanted = detail::begin_template(service, opening);
    const Location location = env.find(wanted.tuple, wanted.last_seen).location;
    abi::Connection* record = at(env, location);
    if (!record) return 0;
    if (detail::is_valid(env, settings, *record)) return location;
    set_bits(record->status, abi::status::retired);
    return 0;
}

// Makes a template to the server; another packet's, if it was quicker; 0 when the table is full.
template <TablesEnvironment Env>
TURNOUT_INLINE Location make_template(Env& env, const ServiceView& service, Opening& opening,
                                      uint32_t server_id) {
    abi::ServerState* state = env.server_state(server_id);
    if (!state) return 0;
    abi::Connection& record = detail::begin_template(service, opening);
    record.server = server_id;
    record.timeout = service.plan.persistence_timeout;
    const Inserted made = env.insert(record, not_seen);
    if (!made.inserted) return made.location;
    bind_template(env, *state);
    if (record.status & abi::status::by_call) env.keep_call(made.location);
    return made.location;
}

// A new connection follows the template, whose time begins anew.
TURNOUT_INLINE void renew(abi::Connection& record, abi::Tick now) {
    if (expired(record, now))
        extend(record, now);
    else
        store_once(record.last_seen, now);
}

// A connection has come to something: so has its template, which IPVS then calls ASSURED.
template <TablesEnvironment Env>
TURNOUT_INLINE void assure_template(Env& env, const abi::Connection& connection) {
    if (abi::Connection* record = template_of(env, connection))
        set_bits(record->status, abi::status::assured);
}

}  // namespace turnout
