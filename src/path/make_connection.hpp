// Puts the record of a connection, whose server is known, where packets of either direction find
// it.
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "table/counts.hpp"
#include "table/sweep.hpp"
#include "table/table.hpp"

namespace turnout::detail {

// Does the address of a NAT server alone lead replies to the connection?
template <TablesEnvironment Env>
TURNOUT_INLINE bool is_told_by_server(Env& env, const abi::Tuple& tuple, const abi::Address& server,
                                      be16 port) {
    const abi::ReplyService* service =
        env.reply_service({server, port, tuple.protocol, tuple.family});
    return service && !service->shared && service->virtual_port == tuple.virtual_port &&
           service->virtual_address == tuple.virtual_address;
}

// Makes a reply record beside the connection at `location`, if replies need one to be led to it.
template <TablesEnvironment Env>
TURNOUT_INLINE void pair_with_reply_record(Env& env, Opening& opening, const abi::Server& server,
                                           Location location) {
    const abi::Tuple& tuple = opening.record.tuple;
    const be16 port = server_port(opening.record, server);
    if (is_told_by_server(env, tuple, server.address, port)) return;
    abi::Connection& pointer = opening.aside;
    pointer = {};
    pointer.tuple = tuple;
    pointer.tuple.kind = abi::TupleKind::reply;
    pointer.tuple.virtual_address = server.address;
    pointer.tuple.virtual_port = port;
    pointer.last_seen = opening.record.last_seen;
    pointer.link = location;
    const Inserted made = env.insert(pointer, not_seen);
    // One that was there led to an earlier connection: the newest has the replies, as in IPVS.
    if (abi::Connection* record = at(env, made.location)) store_once(record->link, location);
}

// A connection that a scheduler or a template has brought counts; FTP's data connections do not, as
// in IPVS.
template <TablesEnvironment Env>
TURNOUT_INLINE void count_connection(Env& env, const abi::Connection& record) {
    if (record.status & abi::status::data) return;
    if (abi::BeginCounters* begun = env.begun(record.server)) begun->connections += 1;
}

// What a connection entails that now stands in the table.
template <TablesEnvironment Env>
TURNOUT_INLINE void note_made(Env& env, Opening& opening, const abi::Server& server,
                              abi::ServerState& state, Location location) {
    count_connection(env, opening.record);
    bind_connection(env, state, opening.record.status & abi::status::active);
    if (server.method == abi::Method::nat) pair_with_reply_record(env, opening, server, location);
}

// Puts the record where packets find it.
template <TablesEnvironment Env>
TURNOUT_INLINE Location make_connection(Env& env, Opening& opening, const abi::Server& server,
                                        abi::ServerState& state) {
    // The template first: it must not end in between.  One that just has is not named.
    abi::Connection* parent = template_of(env, opening.record);
    if (parent) add(parent->children, 1u);
    if (parent && load_once(parent->status) & abi::status::dead) {
        add(parent->children, ~0u);
        opening.record.link = 0;
        parent = nullptr;
    }
    const Inserted made = env.insert(opening.record, opening.seen);
    if (!made.inserted) {
        if (parent) add(parent->children, ~0u);
        return made.location;
    }
    note_made(env, opening, server, state, made.location);
    return made.location;
}

}  // namespace turnout::detail
