// Packets in fragments: only the first tells a port, the others follow it by the identification
// that they share (RFC 791, RFC 8200 section 4.5).
//
// What became of a first fragment is noted, and the later ones go the same way.  Those that come
// before their first are held back by the complete lane; when it comes, all of them come in once
// more, the first of them first.  Notes and held fragments live in tables of a fixed size, whose
// oldest rows give way.
#pragma once

#include <stdint.h>

#include "path/find_connection.hpp"

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

// Notes where the fragments of the packet go: to a connection, or (location 0) to the host.  Gives
// how many of them have been held back.
template <TablesEnvironment Env>
TURNOUT_INLINE uint32_t note_first(Env& env, const Packet& packet, Location location,
                                   Direction direction, abi::Tick now) {
    const FragmentNote before = find_note(env, packet, now);
    const FragmentFate fate = location ? FragmentFate::connection : FragmentFate::host;
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
