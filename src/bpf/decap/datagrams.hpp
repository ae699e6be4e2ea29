// Room for packets whose fragments are coming in: so many, each so large, and no more.
//
// A fragment finds its packet's row by what all of them have in common, reserves its bytes' place
// under the row's lock, copies them, and then says that they are there.  Who says so last has the
// whole.  A row that somebody is at is given to nobody else; else the one that has waited longest
// makes way, and those that nobody waits for any more before it.
#pragma once

#include <stdint.h>

#include "abi/filter.hpp"
#include "abi/time.hpp"
#include "bpf/decap/fragment.hpp"
#include "wire/verifier.hpp"

namespace turnout::bpf::decap {

inline constexpr uint32_t most_datagrams = 32;       // a power of two
inline constexpr uint32_t most_fragments = 32;       // of one, also a power of two
inline constexpr uint32_t longest_datagram = 16000;  // behind its IP header: longer, the kernel
                                                     // does not let a packet grow here
inline constexpr uint32_t power_above_longest = 16384;
static_assert(longest_datagram <= power_above_longest);

// Fragments leave a sender together; what is late is lost, and identifications come round
// (RFC 4963).
inline constexpr int32_t datagrams_wait = static_cast<int32_t>(abi::ticks_of_seconds(5));

enum class Fate : uint8_t {
    free,
    unknown,  // its first fragment has not come
    wanted,
    foreign,  // its first fragment was none of ours: so are those behind it
};

struct Datagram {
    bpf_spin_lock lock;
    uint32_t holders;  // programs that are at it
    abi::Tick since;
    uint32_t received;  // bytes
    uint32_t total;     // 0: the last fragment has not come
    uint32_t count;     // of fragments
    FragmentKey key;
    Fate fate;
    uint8_t congestion;  // bit n: a fragment had ECN n
    uint16_t pad_[3];
    uint16_t begin[most_fragments], end[most_fragments];
    // As much again as one may be long, so that the verifier sees every fragment within.
    uint8_t byte[2 * power_above_longest];
};
static_assert(sizeof(Datagram) % 8 == 0);

struct DatagramsMap {
    int (*type)[BPF_MAP_TYPE_ARRAY];
    uint32_t* key;
    Datagram* value;
    int (*max_entries)[most_datagrams];
};
struct ReassemblyMap {
    int (*type)[BPF_MAP_TYPE_PERCPU_ARRAY];
    uint32_t* key;
    uint64_t* value;
    int (*max_entries)[abi::reassembly_rows];
};

extern "C" {
extern DatagramsMap to_datagrams;
[[gnu::section(".maps"), gnu::used]] DatagramsMap to_datagrams;
extern ReassemblyMap to_reassembly;
[[gnu::section(".maps"), gnu::used]] ReassemblyMap to_reassembly;
}

TURNOUT_INLINE void count(abi::Reassembly what) {
    const auto row = static_cast<uint32_t>(what);
    if (auto* number = static_cast<uint64_t*>(map_lookup_elem(&to_reassembly, &row))) *number += 1;
}

TURNOUT_INLINE Datagram* datagram(uint32_t index) {
    index &= most_datagrams - 1;
    return static_cast<Datagram*>(map_lookup_elem(&to_datagrams, &index));
}

TURNOUT_INLINE uint32_t place_of(const FragmentKey& key) {
    const uint32_t word = key.source.word[0].raw ^ key.source.word[3].raw ^
                          key.destination.word[3].raw ^ key.id.raw * 0x85ebca6bu;
    return word * 0x9e3779b1u >> 16;
}

TURNOUT_INLINE bool same(const FragmentKey& a, const FragmentKey& b) {
    return a.source == b.source && a.destination == b.destination && a.id.raw == b.id.raw &&
           a.protocol == b.protocol && a.family == b.family;
}

// How ready a row is to be another's: 0 not at all.
TURNOUT_INLINE uint32_t readiness(const Datagram& row, abi::Tick now) {
    if (row.holders != 0) return 0;
    const int32_t age = abi::elapsed(row.since, now);
    const bool waits = row.fate == Fate::unknown || row.fate == Fate::wanted;
    return waits && age < datagrams_wait ? 1 + static_cast<uint32_t>(age < 0 ? 0 : age)
                                         : 2u * datagrams_wait;
}

// Makes the row that of a new packet; false when somebody was faster.
TURNOUT_INLINE bool claim(Datagram& row, const FragmentKey& key, abi::Tick now) {
    bool lost = false;
    spin_lock(&row.lock);
    const bool claimed = row.holders == 0;
    if (claimed) {
        lost = row.fate == Fate::wanted;
        row.key = key;
        row.since = now;
        row.holders = 1;
        row.received = row.total = row.count = 0;
        row.fate = Fate::unknown;
        row.congestion = 0;
    }
    spin_unlock(&row.lock);
    if (lost) count(abi::Reassembly::incomplete);
    return claimed;
}

// The packet's row, held until let_go(); null when there is no room.
TURNOUT_INLINE Datagram* find_datagram(const FragmentKey& key, abi::Tick now) {
    constexpr uint32_t probes = 4;
    const uint32_t first = place_of(key);
    uint32_t best = 0, best_readiness = 0;
    for (uint32_t probe = 0; probe < probes; ++probe) {
        Datagram* row = datagram(first + probe);
        if (!row) return nullptr;
        spin_lock(&row->lock);
        const bool found = row->fate != Fate::free && same(row->key, key) &&
                           abi::elapsed(row->since, now) < datagrams_wait;
        if (found) row->holders += 1;
        const uint32_t ready = readiness(*row, now);
        spin_unlock(&row->lock);
        if (found) return row;
        if (ready > best_readiness) best = first + probe, best_readiness = ready;
    }
    Datagram* row = datagram(best);
    return row && best_readiness && claim(*row, key, now) ? row : nullptr;
}

TURNOUT_INLINE void let_go(Datagram& row, Fate fate) {
    spin_lock(&row.lock);
    row.holders -= 1;
    row.fate = fate;
    spin_unlock(&row.lock);
}

// What a fragment is told when it asks for its place.
enum class Place : uint32_t {
    reserved,
    foreign,
    refused,  // it overlaps another or an end, or there are too many
    excess,   // it lies too far behind
};

// Whatever has been kept back is put together, even if it turns out to be none of ours: the stack
// has not all of it any more.  `ours`: of a first fragment, what it tells.
TURNOUT_INLINE Place reserve(Datagram& row, const Fragment& fragment, uint16_t congestion,
                             bool ours) {
    const uint32_t begin = fragment.offset, end = begin + fragment.size;
    const bool is_long = end > longest_datagram, is_first = begin == 0;
    Place place = Place::reserved;
    spin_lock(&row.lock);
    const bool is_fresh = row.fate == Fate::unknown && row.count == 0;
    if (is_fresh && (is_long || (is_first && !ours))) row.fate = Fate::foreign;
    for (uint32_t i = 0; i < most_fragments; ++i) {
        if (i >= row.count) break;
        if (begin < row.end[i] && row.begin[i] < end) place = Place::refused;
        if (!fragment.more && row.end[i] > end) place = Place::refused;
    }
    if (row.total && (end > row.total || !fragment.more)) place = Place::refused;
    if (row.count >= most_fragments) place = Place::refused;
    if (is_long) place = Place::excess;
    if (row.fate == Fate::foreign) place = Place::foreign;
    if (place == Place::reserved) {
        const uint32_t at = row.count & (most_fragments - 1);
        row.begin[at] = static_cast<uint16_t>(begin);
        row.end[at] = static_cast<uint16_t>(end);
        row.count += 1;
        if (!fragment.more) row.total = end;
        if (is_first) row.fate = Fate::wanted;
        row.congestion = static_cast<uint8_t>(row.congestion | 1u << (congestion & 3));
    }
    spin_unlock(&row.lock);
    return place;
}

// The fragment's bytes are there.  True: now all are, and the row is still held.
TURNOUT_INLINE bool arrived(Datagram& row, uint32_t size) {
    spin_lock(&row.lock);
    row.received += size;
    const bool whole = row.fate == Fate::wanted && row.total && row.received == row.total;
    if (!whole) row.holders -= 1;
    spin_unlock(&row.lock);
    return whole;
}

}  // namespace turnout::bpf::decap
