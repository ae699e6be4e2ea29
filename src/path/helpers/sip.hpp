// The SIP persistence engine: which call a packet belongs to, by its Call-ID header (RFC 3261,
// section 20.8, also in its compact form).
//
// Read one byte at a time by a machine, as kernel IPVS's SIP parser would read it: a header begins
// a line; its value may be folded; it consists of word characters, with one @ in between; and a
// line terminator must follow it.
#pragma once

#include <stdint.h>

#include "path/opening.hpp"
#include "table/hash.hpp"
#include "wire/inline.hpp"
#include "wire/verifier.hpp"

namespace turnout::sip {

enum class State : uint32_t {
    text,      // inside a line
    carriage,  // after CR
    line,      // at the first character of a line
    name,      // inside what may be "Call-ID"
    compact,   // after an i that began a line
    before_colon,
    after_colon,
    fold_carriage,  // a line ends where the value should be: it may be folded
    fold_line,
    word,    // inside the identifier, before @
    domain,  // after @
    found,
    failed,
};

struct Machine {
    State state;
    State after_fold;
    uint32_t matched;  // characters of the name, or of the domain
};

TURNOUT_INLINE bool is_letter(uint8_t c) {
    return static_cast<uint8_t>((c | 0x20) - 'a') < 26;
}

// A `word` of RFC 3261, section 25.1, without @.
TURNOUT_INLINE bool is_word(uint8_t c) {
    if (is_letter(c)) return true;
    // The others by bits, for characters 32 to 63 and 64 to 127.
    constexpr uint64_t low = 1ull << '!' | 1ull << '"' | 1ull << '%' | 1ull << '\'' | 1ull << '(' |
                             1ull << ')' | 1ull << '*' | 1ull << '+' | 1ull << '-' | 1ull << '.' |
                             1ull << '/' | 1ull << ':' | 1ull << '<' | 1ull << '>' | 1ull << '?' |
                             0x3ffull << '0';
    constexpr uint64_t high = 1ull << ('[' - 64) | 1ull << ('\\' - 64) | 1ull << (']' - 64) |
                              1ull << ('_' - 64) | 1ull << ('`' - 64) | 1ull << ('{' - 64) |
                              1ull << ('}' - 64) | 1ull << ('~' - 64);
    if (c < 64) return low >> c & 1;
    return c < 128 && high >> (c - 64) & 1;
}

// The character of "call-id" at an index, in lower case; a number, for want of constant arrays.
TURNOUT_INLINE uint8_t name_character(uint32_t index) {
    constexpr uint64_t name = 'c' | 'a' << 8 | 'l' << 16 | static_cast<uint64_t>('l') << 24 |
                              static_cast<uint64_t>('-') << 32 | static_cast<uint64_t>('i') << 40 |
                              static_cast<uint64_t>('d') << 48;
    return static_cast<uint8_t>(name >> (index * 8 & 63));
}
inline constexpr uint32_t name_length = 7;

TURNOUT_INLINE uint8_t lower(uint8_t c) {
    return is_letter(c) ? c | 0x20 : c;
}

TURNOUT_INLINE bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t';
}

TURNOUT_INLINE State in_text(uint8_t c) {
    if (c == '\r') return State::carriage;
    return c == '\n' ? State::line : State::text;
}

TURNOUT_INLINE State at_line(Machine& machine, uint8_t c) {
    machine.matched = 1;
    if (lower(c) == 'c') return State::name;
    return lower(c) == 'i' ? State::compact : State::text;
}

TURNOUT_INLINE State in_name(Machine& machine, uint8_t c) {
    if (lower(c) != name_character(machine.matched)) return in_text(c);
    machine.matched += 1;
    return machine.matched == name_length ? State::before_colon : State::name;
}

// Blank space before or after the colon, which may be folded once.
TURNOUT_INLINE State in_space(Machine& machine, uint8_t c, State here) {
    machine.after_fold = here;
    if (is_blank(c)) return here;
    if (c == '\r') return State::fold_carriage;
    return c == '\n' ? State::fold_line : State::found;
}

TURNOUT_INLINE State before_colon(Machine& machine, uint8_t c) {
    const State space = in_space(machine, c, State::before_colon);
    if (space != State::found) return space;
    return c == ':' ? State::after_colon : State::failed;
}

// The first character of the identifier.  Where there is none, the search goes on.
TURNOUT_INLINE State first_of_word(uint8_t c) {
    return is_word(c) ? State::word : in_text(c);
}

TURNOUT_INLINE State after_colon(Machine& machine, uint8_t c) {
    const State space = in_space(machine, c, State::after_colon);
    return space == State::found ? first_of_word(c) : space;
}

TURNOUT_INLINE State at_end(uint8_t c) {
    return c == '\r' || c == '\n' ? State::found : State::failed;
}

TURNOUT_INLINE State in_word(Machine& machine, uint8_t c) {
    machine.matched = 0;
    if (is_word(c)) return State::word;
    return c == '@' ? State::domain : at_end(c);
}

TURNOUT_INLINE State in_domain(Machine& machine, uint8_t c) {
    if (!is_word(c)) return machine.matched ? at_end(c) : in_text(c);
    machine.matched = 1;
    return State::domain;
}

TURNOUT_INLINE State next(Machine& machine, uint8_t c) {
    switch (machine.state) {
        case State::text:
            return in_text(c);
        case State::carriage:
            return c == '\n' ? State::line : at_line(machine, c);
        case State::line:
            return at_line(machine, c);
        case State::name:
            return in_name(machine, c);
        case State::compact:
            return is_letter(c) ? State::text : before_colon(machine, c);
        case State::before_colon:
            return before_colon(machine, c);
        case State::after_colon:
            return after_colon(machine, c);
        case State::fold_carriage:
            if (c == '\n') return State::fold_line;
            return is_blank(c) ? machine.after_fold : State::failed;
        case State::fold_line:
            return is_blank(c) ? machine.after_fold : State::failed;
        case State::word:
            return in_word(machine, c);
        case State::domain:
            return in_domain(machine, c);
        case State::found:
        case State::failed:
            break;
    }
    return machine.state;
}

// Steps the machine by one byte; true when it has come to an end.
TURNOUT_INLINE bool step(Machine& machine, uint8_t c, abi::Call& call) {
    machine.state = next(machine, c);
    switch (machine.state) {
        case State::word:
        case State::domain:
            if (call.length >= abi::longest_call) machine.state = State::failed;
            call.text[call.length & (sizeof call.text - 1)] = static_cast<char>(c);
            call.length += 1;
            break;
        case State::found:
            break;
        default:
            call.length = 0;
    }
    return machine.state == State::found || machine.state == State::failed;
}

template <class Env>
struct Reader {
    Env* env;
    abi::Call* call;
    uint32_t offset;
    Machine machine;
};

inline constexpr uint32_t most_bytes_read = 4096;

// `unknown`: see forgotten().
TURNOUT_INLINE Machine at_the_beginning(uint32_t unknown) {
    const auto text = static_cast<State>(forgotten(static_cast<uint32_t>(State::text), unknown));
    return {text, text, forgotten(0, unknown)};
}

TURNOUT_INLINE void hash_call(const abi::Call& call, uint64_t (&hash)[2]) {
    hash[0] = 0x243f6a8885a308d3, hash[1] = 0x13198a2e03707344;  // any two: digits of pi
    for (uint32_t i = 0; i < sizeof call.text; i += 8) {
        uint64_t word;
        __builtin_memcpy(&word, call.text + i, sizeof word);
        hash[0] = mixed(hash[0], word), hash[1] = mixed(hash[1], ~word);
    }
}

// Reads the call that the payload from `offset` on belongs to; none leaves the length 0.
// Env gives each(), length(), and `bool byte(uint32_t offset, uint8_t& c)`.
template <class Env>
TURNOUT_INLINE void read_call(Env& env, uint32_t offset, Opening& opening) {
    abi::Call& call = opening.call.call;
    call = {};
    const uint32_t length = env.length();
    if (offset >= length) return;
    const uint32_t count = length - offset;
    Reader<Env> reader{&env, &call, offset, at_the_beginning(length)};
    env.each(count < most_bytes_read ? count : most_bytes_read, &reader,
             [](uint32_t index, Reader<Env>* r) -> long {
                 uint8_t c = 0;
                 if (!r->env->byte(r->offset + index, c)) return 1;
                 return step(r->machine, c, *r->call);
             });
    if (reader.machine.state != State::found) call.length = 0;
    hash_call(call, opening.call_hash);
}

}  // namespace turnout::sip
