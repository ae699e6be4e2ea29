// Packets in fragments: only the first tells a port, the others follow it by the identification
// that they share (RFC 791, RFC 8200 section 4.5).
//
// What became of a first fragment is noted, and the later ones go the same way.  Those that come
// before their first are held back by the complete lane; when it comes, all of them come in once
// more, the first of them first.  Notes and held fragments live in tables of a fixed size, whose
// oldest rows give way.
#pragma once

#include <stdint.h>

#include "path/open.hpp"

namespace turnout {

// As long as Linux waits for a packet's fragments.
inline constexpr int32_t fragments_live = static_cast<int32_t>(abi::ticks_of_seconds(30));

inline constexpr uint32_t most_held = 64;  // of one packet

TURNOUT_INLINE FragmentKey fragment_key(const Packet& packet) {
    const bool ipv6 = packet.family == abi::Family::ipv6;
    const uint8_t protocol = ipv6 ? uint8_t{0} : packet.protocol;  // IPv6 does not tell by it
    return {packet.source, packet.destination, packet.fragment_id, protocol, packet.family, 0};
}

// What is known of the packet that a fragment is part of.
template <TablesEnvironment Env>
TURNOUT_INLINE FragmentNote find_note(Env& env, const Packet& packet, abi::Tick now) {
    const FragmentNote* note = env.fragment_note(fragment_key(packet));
    if (!note || abi::elapsed(note->since, now) >= fragments_live) return {};
    return *note;
}

// The connection that a note names: its line may have another one by now.
template <TablesEnvironment Env>
TURNOUT_INLINE abi::Connection* connection_of(Env& env, const FragmentNote& note,
                                              const Packet& packet, abi::Tick now) {
    abi::Connection* connection = at(env, note.location);
    if (!connection || !alive(*connection, now)) return nullptr;
    const bool reply = note.direction == Direction::reply;
    return connection->tuple.client == (reply ? packet.destination : packet.source) ? connection
                                                                                    : nullptr;
}

// A one-packet connection ends with its first fragment: the others get a copy that nothing else
// finds.  Gives where that is; 0 when there is no room.
template <TablesEnvironment Env>
TURNOUT_INLINE Location keep_for_fragments(Env& env, const abi::Connection& connection,
                                           abi::Tick now) {
    Opening* const room = env.opening();
    abi::ServerState* state = env.server_state(connection.server);
    if (!room || !state) return 0;
    abi::Connection& copy = room->aside;
    copy = connection;
    copy.status &= ~(abi::status::one_packet | abi::status::second_bucket);
    copy.status |= abi::status::retired;
    copy.timeout = static_cast<abi::Tick>(fragments_live);
    copy.last_seen = now;
    for (int attempt = 0; attempt < insert_attempts; ++attempt) {
        const Attempt made = env.try_insert(copy, env.find(copy.tuple, now).seen);
        if (made.location) bind_connection(env, *state, copy.status & abi::status::active);
        if (!made.changed) return made.location;
    }
    return 0;
}

// The connection that the fragments behind a first one belong to.
template <TablesEnvironment Env>
TURNOUT_INLINE Location connection_for_fragments(Env& env, const Packet& packet, Location location,
                                                 const FragmentNote& before, abi::Tick now) {
    const abi::Connection* connection = at(env, location);
    if (!connection || !is_for_one_packet(env.settings(), *connection, location)) return location;
    // The fast lane may have kept it already, and passed the first fragment on.
    const abi::Connection* kept = connection_of(env, before, packet, now);
    const bool here = kept && kept->status & abi::status::retired &&
                      same(kept->tuple, connection->tuple) && kept->server == connection->server;
    return here ? before.location : keep_for_fragments(env, *connection, now);
}

// Notes where the fragments of the packet go: to a connection, or (location 0) as `fate` says.
// Gives how many of them have been held back.
template <TablesEnvironment Env>
TURNOUT_INLINE uint32_t note_first(Env& env, const Packet& packet, Location location,
                                   Direction direction, FragmentFate fate, abi::Tick now) {
    const FragmentNote before = find_note(env, packet, now);
    location = connection_for_fragments(env, packet, location, before, now);
    env.put_fragment_note(fragment_key(packet), {location, now, 0, fate, direction});
    return before.fate == FragmentFate::waits ? before.held : 0;
}

// Notes that one more fragment waits for its first; `note` is what is known so far.
template <TablesEnvironment Env>
TURNOUT_INLINE void note_waiting(Env& env, const Packet& packet, FragmentNote note, abi::Tick now) {
    if (note.fate != FragmentFate::waits) note = {0, now, 0, FragmentFate::waits, {}};
    note.held = static_cast<uint16_t>(note.held + 1);
    env.put_fragment_note(fragment_key(packet), note);
}

}  // namespace turnout
