// The sweeper: ends what has expired and clears what is dead, one bucket at a time.
//
// It runs in the kernel by a timer, so connections end while no daemon runs.  Look-ups treat an
// expired record as absent, so the sweeper's pace never changes what packets meet; it only gives
// back the line, and the server's count.
#pragma once

#include <stdint.h>

#include "abi/connection.hpp"
#include "abi/rows.hpp"
#include "table/hash.hpp"
#include "table/table.hpp"

namespace turnout {

// How long a dead record keeps its line, in ticks: longer than any program runs.
inline constexpr int32_t rest_of_the_dead = 2;

// Takes an ended connection off its server's count.
template <class Env>
TURNOUT_INLINE void return_count(Env& env, const abi::Connection& connection, uint32_t status) {
    if (connection.tuple.kind == abi::TupleKind::reply) return;
    if (abi::ServerState* state = env.server_state(connection.server))
        add(state->load,
            0 - (status & abi::status::active ? abi::load::active_one : abi::load::inactive_one));
}

// A reply record lives as long as the connection it points to points back.
template <class Env>
TURNOUT_INLINE bool reply_is_orphan(Env& env, const abi::Connection& reply, Location location) {
    const abi::Connection* connection = at(env, reply.link);
    return !connection || connection->link != location ||
           (load_once(connection->status) & abi::status::dead);
}

// Gives a dead record's line back.
template <class Env>
TURNOUT_INLINE void clear_line(Env& env, const abi::Settings& settings, abi::Bucket& bucket,
                               uint32_t line) {
    abi::Connection& connection = line_of(bucket, line);
    clear_bits(state_of(bucket), 1u << line);
    if (connection.status & abi::status::second_bucket) {
        const Place place = place_of(connection.tuple, settings.hash_seed, settings.bucket_mask);
        if (abi::Bucket* home = env.bucket(place.home))
            add(state_of(*home), 0 - abi::bucket_state::overflow_one);
    }
    connection.status = 0;
    store_once(tag_of(bucket, line), 0u);
}

template <class Env>
TURNOUT_INLINE void sweep_line(Env& env, const abi::Settings& settings, uint32_t index,
                               abi::Bucket& bucket, uint32_t line, abi::Tick now) {
    abi::Connection& connection = line_of(bucket, line);
    const uint32_t status = load_once(connection.status);
    if (status & abi::status::dead) {
        if (abi::elapsed(load_once(connection.last_seen), now) >= rest_of_the_dead)
            clear_line(env, settings, bucket, line);
        return;
    }
    const bool over = connection.tuple.kind == abi::TupleKind::reply
                          ? reply_is_orphan(env, connection, index * 16 + line)
                          : expired(connection, now);
    if (over && end(connection, status, now)) return_count(env, connection, status);
}

template <class Env>
TURNOUT_INLINE void sweep(Env& env, const abi::Settings& settings, uint32_t index, abi::Tick now) {
    abi::Bucket* bucket = env.bucket(index);
    if (!bucket) return;
    const uint32_t state = load_once(state_of(*bucket));
    if (!(state & abi::bucket_state::live_mask)) return;
    for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line)
        if (state & (1u << line)) sweep_line(env, settings, index, *bucket, line, now);
}

}  // namespace turnout
