// The sweeper: ends what has expired and clears what is dead, one bucket at a time.
//
// It runs in the kernel by a timer, so connections end while no daemon runs.  Look-ups treat an
// expired record as absent, so the sweeper's pace never changes what packets meet; it only gives
// back the line, and the server's count.
#pragma once

#include <stdint.h>

#include "abi/connection.hpp"
#include "abi/rows.hpp"
#include "table/counts.hpp"
#include "table/data_connections.hpp"
#include "table/defence.hpp"
#include "table/ending.hpp"
#include "table/hash.hpp"
#include "table/table.hpp"

namespace turnout {

// How long a dead record keeps its line, in ticks: half a second, longer than any program runs,
// even on a virtual CPU that is taken away meanwhile.
inline constexpr int32_t rest_of_the_dead = 30;

// The template that a connection names, or null.
template <class Env>
TURNOUT_INLINE abi::Connection* template_of(Env& env, const abi::Connection& record) {
    abi::Connection* found = at(env, record.link);
    return found && found->tuple.kind == abi::TupleKind::persistence ? found : nullptr;
}

// Gives back what a record that has just ended counted for.
template <class Env>
TURNOUT_INLINE void return_count(Env& env, const abi::Connection& record, uint32_t status) {
    const auto kind = record.tuple.kind;
    if (kind != abi::TupleKind::connection && kind != abi::TupleKind::persistence) return;
    abi::ServerState* state = env.server_state(record.server);
    if (!state) return;
    if (kind == abi::TupleKind::persistence) {
        release_template(env, *state);
        return;
    }
    release_connection(env, *state, status & abi::status::active);
    if (abi::Connection* parent = template_of(env, record)) add(parent->children, ~0u);
}

TURNOUT_INLINE be16 below(be16 port) {
    return to_be(static_cast<uint16_t>(to_host(port) - 1));
}

// The port at its server that a connection's packets go to.
TURNOUT_INLINE be16 server_port(const abi::Connection& connection, const abi::Server& server) {
    const uint32_t status = load_once(connection.status);
    if (status & abi::status::keeps_port) return connection.tuple.virtual_port;
    return status & abi::status::port_below ? below(server.port) : server.port;
}

// True if packets with this reply tuple belong to the connection, whose location the reply record
// remembers: it may have ended, and another have taken its line.  Port 0 leads from any port.
template <class Env>
TURNOUT_INLINE bool is_reply_of(Env& env, const abi::Tuple& reply,
                                const abi::Connection& connection) {
    const abi::Tuple& tuple = connection.tuple;
    if (tuple.kind != abi::TupleKind::connection || tuple.protocol != reply.protocol) return false;
    if (!(tuple.client_port == reply.client_port) || !(tuple.client == reply.client)) return false;
    const abi::Server* server = env.server(connection.server);
    return server && server->address == reply.virtual_address &&
           (server_port(connection, *server) == reply.virtual_port || !reply.virtual_port.raw);
}

template <class Env>
TURNOUT_INLINE bool reply_is_orphan(Env& env, const abi::Connection& record) {
    const abi::Connection* connection = at(env, record.link);
    return !connection || load_once(connection->status) & abi::status::dead ||
           !is_reply_of(env, record.tuple, *connection);
}

// A server remembered for a destination goes with the destination's record, whose location and key
// are part of its own key (path/schedulers/lblcr.hpp).
template <class Env>
TURNOUT_INLINE bool member_is_orphan(Env& env, const abi::Connection& record, abi::Tick now) {
    abi::Tuple tuple = record.tuple;
    const abi::Connection* destination = at(env, tuple.client.word[3].raw);
    tuple.client.word[2].raw = tuple.client.word[3].raw = 0;
    tuple.kind = abi::TupleKind::locality;
    return !destination || !same(destination->tuple, tuple) || !alive(*destination, now);
}

// A removed server's connections are kept for its return, unless expire_nodest_conn says otherwise.
template <class Env>
TURNOUT_INLINE bool is_abandoned(Env& env, const abi::Settings& settings,
                                 const abi::Connection& record) {
    if (!(settings.flags & abi::settings_flag::expire_nodest_conn)) return false;
    const abi::Server* server = env.server(record.server);
    return server && server->flags & abi::server_flag::removed;
}

// Is the record's time over?  A template that connections name is given another minute, as often as
// it takes.
template <class Env>
TURNOUT_INLINE bool is_over(Env& env, const abi::Settings& settings, abi::Connection& record,
                            abi::Tick now) {
    switch (record.tuple.kind) {
        case abi::TupleKind::reply:
            return reply_is_orphan(env, record);
        case abi::TupleKind::locality_member:
            return member_is_orphan(env, record, now);
        case abi::TupleKind::persistence:
            if (!load_once(record.children))
                return expired(record, now) || is_abandoned(env, settings, record);
            if (expired(record, now)) extend(record, now);
            return false;
        case abi::TupleKind::connection:
            return expired(record, now) || is_abandoned(env, settings, record);
        case abi::TupleKind::locality:
            break;
    }
    return expired(record, now);
}

// Gives a dead record's line back.
template <class Env>
TURNOUT_INLINE void clear_line(Env& env, const abi::Settings& settings, abi::Bucket& bucket,
                               uint32_t index, uint32_t line) {
    abi::Connection& connection = line_of(bucket, line);
    clear_bits(state_of(bucket), 1u << line);
    if (connection.status & abi::status::helped) env.forget_ftp_control(index * 16 + line);
    if (connection.status & abi::status::second_bucket) {
        const Place place = place_of(connection.tuple, settings.hash_seed, settings.bucket_mask);
        if (abi::Bucket* home = env.bucket(place.home))
            add(state_of(*home), 0 - abi::bucket_state::overflow_one);
    }
    // Dead it stays: whoever still links to this line must not take it for alive.
    store_once(connection.status, abi::status::dead);
    store_once(tag_of(bucket, line), 0u);
}

// Ends a live record whose status was `status`, and gives back what it counted for.  False: it is
// somebody else's to end, or has changed and goes on.
template <class Env>
TURNOUT_INLINE bool end_wholly(Env& env, abi::Connection& record, uint32_t status, abi::Tick now) {
    if (!end(record, status, now)) return false;
    // A connection may have come to a template at the last moment: then it has not ended.
    if (record.tuple.kind == abi::TupleKind::persistence && load_once(record.children)) {
        clear_bits(record.status, abi::status::dead);
        return false;
    }
    return_count(env, record, status);
    return true;
}

// `index`: the bucket's.  `purge`: also those that a defence gives up.
template <class Env>
TURNOUT_INLINE void sweep_line(Env& env, const abi::Settings& settings, abi::Bucket& bucket,
                               uint32_t index, uint32_t line, bool purge, abi::Tick now) {
    abi::Connection& connection = line_of(bucket, line);
    const uint32_t status = load_once(connection.status);
    if (status & abi::status::dead) {
        if (abi::elapsed(load_once(connection.last_seen), now) >= rest_of_the_dead)
            clear_line(env, settings, bucket, index, line);
        return;
    }
    const bool over = is_over(env, settings, connection, now) ||
                      (purge && is_expendable(env, connection, status, now));
    if (over)
        end_wholly(env, connection, status, now);
    else if (status & abi::status::data)
        keep_control(env, connection, now);
    else if (is_to_be_told(connection, status, now))
        env.tell_of_end(index * 16 + line, now);
}

template <class Env>
TURNOUT_INLINE void sweep(Env& env, const abi::Settings& settings, uint32_t index, abi::Tick now) {
    abi::Bucket* bucket = env.bucket(index);
    if (!bucket) return;
    const uint32_t state = load_once(state_of(*bucket));
    if (!(state & abi::bucket_state::live_mask)) return;
    if (abi::Pressure* pressure = env.pressure()) pressure->counted += live_lines(state);
    const bool purge = is_looked_into(env, settings);
    for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line)
        if (state & (1u << line)) sweep_line(env, settings, *bucket, index, line, purge, now);
}

// The whole table has been walked through.
template <class Env>
TURNOUT_INLINE void end_walk(Env& env, const abi::Settings& settings, abi::Tick now) {
    set_defences(env, settings, now);
    forget_ftp_data(env, settings, now);
}

}  // namespace turnout
