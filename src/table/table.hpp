// The connection table: find, insert and end records, from any number of CPUs at once.
//
// How records come and go.  One word decides about a bucket, the state word of its header:
//   * a record can be found while its line's *live* bit is set;
//   * every insertion for a bucket advances that bucket's *version* by compare-and-swap from the
//     state the inserter saw when it looked the tuple up.  So if two CPUs miss the same tuple, one
//     of the two swaps fails; that CPU looks again and finds the winner's record;
//   * when the home bucket is crowded, the record stands in its second bucket, and the home's
//     *overflow* count says so: look-ups visit a second bucket only when it is not zero.
// A line is taken by swapping its tag from 0 before it is live.  It ends by the *dead* flag in the
// record's status and is cleared by the sweeper alone (sweep.hpp), half a second later, when no
// program that saw it alive can still be running: no reader ever sees a line change owner.
//
// Env gives `Bucket* bucket(uint32_t)`, null when out of range, and find() under that name, which
// it may keep as a function of its own.
#pragma once

#include <stdint.h>

#include "abi/connection.hpp"
#include "abi/rows.hpp"
#include "table/atomic.hpp"
#include "table/hash.hpp"
#include "wire/verifier.hpp"

namespace turnout {

// How often an insertion is tried anew because its bucket changed meanwhile.
inline constexpr int insert_attempts = 4;

// Location of a line in the table: bucket * 16 + line; 0 is no location, for line 0 is a header.
using Location = uint32_t;

struct Found {
    abi::Connection* connection;  // null: no live record
    Location location;
    uint32_t seen;  // state word of the home bucket before the look-up: what insert() builds on
};

// Found without the pointer: what an out-of-line search can return.
struct Searched {
    Location location;
    uint32_t seen;
};

TURNOUT_INLINE abi::Connection& line_of(abi::Bucket& bucket, uint32_t line) {
    // By address, not by index: the verifier sees that a line of 1 to 15 stays in the bucket.
    return *reinterpret_cast<abi::Connection*>(reinterpret_cast<char*>(&bucket) +
                                               (line & 15) * sizeof(abi::Connection));
}

TURNOUT_INLINE uint32_t& tag_of(abi::Bucket& bucket, uint32_t line) {
    return bucket.header.word[line & 15];
}

TURNOUT_INLINE uint32_t& state_of(abi::Bucket& bucket) {
    return bucket.header.word[0];
}

// Without a branch: the tag has matched already, so the tuples are all but sure to be equal.
TURNOUT_INLINE bool same(const abi::Tuple& a, const abi::Tuple& b) {
    uint64_t x[5], y[5];
    __builtin_memcpy(x, &a, sizeof x);
    __builtin_memcpy(y, &b, sizeof y);
    return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4]));
}

TURNOUT_INLINE bool expired(const abi::Connection& connection, abi::Tick now) {
    return abi::elapsed(load_once(connection.last_seen), now) >=
           static_cast<int32_t>(load_once(connection.timeout));
}

// Some kinds end by other rules than time (sweep.hpp); a template does not while it has children.
// `kind` is the record's own: a caller that knows it spares a branch.
TURNOUT_INLINE bool has_time(const abi::Connection& record, abi::TupleKind kind, abi::Tick now) {
    switch (kind) {
        case abi::TupleKind::reply:
        case abi::TupleKind::locality_member:
            return true;
        case abi::TupleKind::persistence:
            return load_once(record.children) || !expired(record, now);
        case abi::TupleKind::connection:
        case abi::TupleKind::locality:
            break;
    }
    return !expired(record, now);
}

TURNOUT_INLINE bool alive(const abi::Connection& record, abi::Tick now) {
    return !(load_once(record.status) & abi::status::dead) &&
           has_time(record, record.tuple.kind, now);
}

// Only what is alive and not retired is found.
TURNOUT_INLINE bool can_be_found(const abi::Connection& record, abi::TupleKind kind,
                                 abi::Tick now) {
    return !(load_once(record.status) & (abi::status::dead | abi::status::retired)) &&
           has_time(record, kind, now);
}

// How long a template that has run out is kept at a time, while connections name it (as in IPVS).
inline constexpr abi::Tick template_extension = abi::ticks_of_seconds(60);

TURNOUT_INLINE void extend(abi::Connection& record, abi::Tick now) {
    store_once(record.timeout, template_extension);
    store_once(record.last_seen, now);
}

// The first line with a tag, or 0; `state`: the bucket's before.  Lines are taken from the first
// on, and in most buckets those of the second half are free.
TURNOUT_INLINE uint32_t line_with(abi::Bucket& bucket, uint32_t state, uint32_t tag) {
    constexpr uint32_t half = abi::lines_per_bucket / 2;
    constexpr uint32_t second_half = abi::bucket_state::live_mask & ~((1u << half) - 1);
    for (uint32_t line = 1; line < half; ++line)
        if (load_once(tag_of(bucket, line)) == tag) return forgotten(line, tag);
    if (!(state & second_half)) return 0;
    for (uint32_t line = half; line <= abi::connections_per_bucket; ++line)
        if (load_once(tag_of(bucket, line)) == tag) return forgotten(line, tag);
    return 0;
}

// The line in `bucket` that holds `tuple` alive, or 0.
TURNOUT_INLINE uint32_t find_line(abi::Bucket& bucket, uint32_t state, uint32_t tag,
                                  const abi::Tuple& tuple, abi::Tick now) {
    // The walk that only compares is a quarter of the other: of new connections no line has the
    // tag.
    if (!line_with(bucket, state, tag)) return 0;
    for (uint32_t i = 1; i <= abi::connections_per_bucket; ++i) {
        if (load_once(tag_of(bucket, i)) != tag) continue;
        const uint32_t line = forgotten(i, tag);
        if (!(state & (1u << (line & 15)))) continue;
        const abi::Connection& connection = line_of(bucket, line);
        if (same(connection.tuple, tuple) && can_be_found(connection, tuple.kind, now)) return line;
    }
    return 0;
}

// A state that no bucket ever has: what is built upon it is tried again.
inline constexpr uint32_t busy = 1;

// The live record of `tuple`.
template <class Env>
TURNOUT_INLINE Found find(Env& env, const Place& place, const abi::Tuple& tuple, abi::Tick now) {
    abi::Bucket* home = env.bucket(place.home);
    if (!home) return {};
    const uint32_t seen = load_once(state_of(*home));
    if (const uint32_t line = find_line(*home, seen, place.tag, tuple, now))
        return {&line_of(*home, line), place.home * 16 + line, seen};
    if (!(seen & abi::bucket_state::overflow_mask)) return {nullptr, 0, seen};

    abi::Bucket* other = env.bucket(place.other);
    if (!other) return {nullptr, 0, seen};
    const uint32_t state = load_once(state_of(*other));
    const uint32_t line = find_line(*other, state, place.tag, tuple, now);
    if (!line) return {nullptr, 0, seen};
    // One that is being inserted may still be withdrawn: neither is it there, nor may another come.
    if (load_once(line_of(*other, line).status) & abi::status::pending) return {nullptr, 0, busy};
    return {&line_of(*other, line), place.other * 16 + line, seen};
}

// The record at a location, or null; whose record it is, the caller must check.
template <class Env>
TURNOUT_INLINE abi::Connection* at(Env& env, Location location) {
    const uint32_t line = location & 15;
    if (!line) return nullptr;
    abi::Bucket* bucket = env.bucket(location >> 4);
    if (!bucket) return nullptr;
    hold(bucket);
    return &line_of(*bucket, line);
}

TURNOUT_INLINE uint32_t live_lines(uint32_t state) {
    uint32_t bits = state & abi::bucket_state::live_mask;
    bits = (bits & 0x5555) + ((bits >> 1) & 0x5555);
    bits = (bits & 0x3333) + ((bits >> 2) & 0x3333);
    bits = (bits & 0x0f0f) + ((bits >> 4) & 0x0f0f);
    return (bits & 0x1f) + (bits >> 8);
}

// A home bucket may fill to three quarters; beyond, records may stand in their second one.
inline constexpr uint32_t crowded = 12;
TURNOUT_INLINE bool is_crowded(uint32_t state) {
    return live_lines(state) >= crowded;
}
// As long as its last lines are free a bucket is not, which is quicker told.
TURNOUT_INLINE bool has_last_lines_free(uint32_t state) {
    return !(state & abi::bucket_state::live_mask & ~((1u << crowded) - 1));
}

// Takes a free line for `tag`; 0 when there is none.
TURNOUT_INLINE uint32_t take_line(abi::Bucket& bucket, uint32_t tag) {
    for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line)
        if (load_once(tag_of(bucket, line)) == 0 && swap_if(tag_of(bucket, line), 0, tag))
            return forgotten(line, tag);
    return 0;
}

// Marks a record dead; true for the one caller that did it, who then owes what ending it costs.
TURNOUT_INLINE bool end(abi::Connection& connection, uint32_t status, abi::Tick now) {
    if (status & abi::status::dead) return false;
    if (!swap_if(connection.status, status, status | abi::status::dead)) return false;
    store_once(connection.last_seen, now);
    return true;
}

namespace detail {

TURNOUT_INLINE uint32_t next_version(uint32_t state) {
    using namespace abi::bucket_state;
    return (state & ~version_mask) | ((state + version_one) & version_mask);
}

TURNOUT_INLINE bool overflow_is_full(uint32_t home_state) {
    return (home_state & abi::bucket_state::overflow_mask) == abi::bucket_state::overflow_mask;
}

// The emptier of the two takes the record of a crowded home.
TURNOUT_INLINE bool prefers_other(uint32_t home_state, uint32_t other_state) {
    return is_crowded(home_state) && !overflow_is_full(home_state) &&
           live_lines(other_state) < live_lines(home_state);
}

}  // namespace detail

// What came of an insertion.
struct Inserted {
    Location location;  // 0: the table has no room
    bool inserted;      // false: the record there is another packet's, which was quicker
};

// What came of one attempt.
struct Attempt {
    Location location;  // 0: none was inserted
    bool changed;       // for the bucket was not in the state that was seen
};

// How long a connection may last before its first packet has given it a state, as in IPVS.
inline constexpr abi::Tick timeout_before_state = abi::ticks_of_seconds(3);

namespace detail {

TURNOUT_INLINE void fill(abi::Connection& line, const abi::Connection& record, uint32_t more) {
    line.tuple = record.tuple;
    line.server = record.server;
    line.last_seen = record.last_seen;
    line.timeout = record.timeout;
    line.link = record.link;
    line.children = record.children;
    store_once(line.status, record.status | more);
}

// Gives up a line that its bucket has not shown yet.
TURNOUT_INLINE void withdraw(abi::Bucket& bucket, uint32_t line, bool second) {
    abi::Connection& mine = line_of(bucket, line);
    // In a second bucket others may be looking at it: it rests like any other dead record.
    if (second)
        store_once(mine.status, abi::status::dead);
    else
        store_once(tag_of(bucket, line), 0u);
}

// Fills the line of `bucket` that was taken and shows it, if the home bucket still is in the state
// that was seen.
TURNOUT_INLINE Attempt put(abi::Bucket& home, abi::Bucket& bucket, uint32_t line, bool second,
                           const Place& place, const abi::Connection& record, uint32_t seen) {
    fill(line_of(bucket, line), record,
         second ? abi::status::second_bucket | abi::status::pending : 0);
    if (second) set_bits(state_of(bucket), 1u << (line & 15));
    const bool room = !second || !overflow_is_full(seen);
    const uint32_t next = next_version(seen);
    const uint32_t shown =
        second ? next + abi::bucket_state::overflow_one : next | 1u << (line & 15);
    if (room && swap_if(state_of(home), seen, shown)) {
        if (second) clear_bits(line_of(bucket, line).status, abi::status::pending);
        return {(second ? place.other : place.home) * 16 + line, false};
    }
    withdraw(bucket, line, second);
    return {0, room};
}

}  // namespace detail

// Adds a copy of `record` at its place, if its home bucket still is in the state that a look-up,
// which did not find the tuple, has seen.
template <class Env>
TURNOUT_INLINE Attempt try_insert(Env& env, const abi::Settings& settings,
                                  const abi::Connection& record, uint32_t seen) {
    const Place place = place_of(record.tuple, settings.hash_seed, settings.bucket_mask);
    abi::Bucket* home = env.bucket(place.home);
    abi::Bucket* other = env.bucket(place.other);
    if (!home || !other) return {};

    bool second = detail::prefers_other(seen, load_once(state_of(*other)));
    uint32_t line = take_line(second ? *other : *home, place.tag);
    if (!line) {
        second = !second;
        line = take_line(second ? *other : *home, place.tag);
        if (!line) return {};
    }
    return detail::put(*home, second ? *other : *home, line, second, place, record, seen);
}
// The same in a home bucket that is not crowded: its second one need not be asked.
template <class Env>
TURNOUT_INLINE Attempt try_insert_at_home(Env& env, const Place& place,
                                          const abi::Connection& record, uint32_t seen) {
    abi::Bucket* home = env.bucket(place.home);
    const uint32_t line = home ? take_line(*home, place.tag) : 0;
    return line ? detail::put(*home, *home, line, false, place, record, seen) : Attempt{};
}

// `seen` of one who has not looked.
inline constexpr uint32_t not_seen = ~0u;

// Adds a copy of `record`, unless a live one of the same tuple is there or comes meanwhile: then
// that one's location is returned.
template <class Env>
TURNOUT_INLINE Inserted insert(Env& env, const abi::Connection& record, uint32_t seen) {
    for (int attempt = 0; attempt < insert_attempts; ++attempt) {
        if (attempt > 0 || seen == not_seen) {
            const Searched found = env.find(record.tuple, record.last_seen);
            if (found.location) return {found.location, false};
            seen = found.seen;
        }
        const Attempt made = env.try_insert(record, seen);
        if (!made.changed) return {made.location, made.location != 0};
    }
    return {};
}

}  // namespace turnout
