// What an FTP client asks for, by its commands: PORT and PASV (RFC 959, section 4.1.2), EPRT and
// EPSV (RFC 2428).
//
// Read one character at a time, so that it does not matter how the client cuts its lines into
// segments.  A port counts only together with the client's own address: nobody else's ports are
// opened for it.
#pragma once

#include <stdint.h>

#include "abi/connection.hpp"
#include "path/helpers/ftp_text.hpp"

namespace turnout::ftp {

// What a command asks for.
enum class Asked : uint8_t {
    nothing,
    a_port,        // of the server's
    a_connection,  // to the port that has been read
};

namespace command {

enum State : uint8_t { verb, argument, numbers, protocol, address, port, rest };

// The verbs, a letter a byte, and their bits.
inline constexpr uint32_t letters = 4;
TURNOUT_INLINE constexpr uint32_t word(char a, char b, char c, char d) {
    return static_cast<uint32_t>(a) | static_cast<uint32_t>(b) << 8 |
           static_cast<uint32_t>(c) << 16 | static_cast<uint32_t>(d) << 24;
}
inline constexpr uint8_t pasv = 1, epsv = 2, port_verb = 4, eprt = 8, any = 15;

TURNOUT_INLINE uint8_t still(uint32_t word, uint8_t bit, uint32_t index, uint8_t c) {
    return static_cast<uint8_t>(word >> (index * 8 & 31)) == c ? bit : 0;
}

TURNOUT_INLINE Asked begin_line(abi::CommandReader& reader) {
    reader.state = verb;
    reader.index = 0;
    reader.candidates = any;
    return Asked::nothing;
}

// The line has no more to say.
TURNOUT_INLINE Asked leave(abi::CommandReader& reader, uint8_t c) {
    if (c == '\n') return begin_line(reader);
    reader.state = rest;
    return Asked::nothing;
}

TURNOUT_INLINE Asked behind_verb(abi::CommandReader& reader, uint8_t c) {
    if (reader.candidates & (pasv | epsv)) {
        leave(reader, c);
        return c == ' ' || is_line_end(c) ? Asked::a_port : Asked::nothing;
    }
    if (c != ' ') return leave(reader, c);
    reader.state = argument;
    return Asked::nothing;
}

TURNOUT_INLINE Asked in_verb(abi::CommandReader& reader, uint8_t c) {
    const uint32_t index = reader.index;
    if (index >= letters) return behind_verb(reader, c);
    const uint8_t letter = upper(c);
    reader.candidates &=
        static_cast<uint8_t>(still(word('P', 'A', 'S', 'V'), pasv, index, letter) |
                             still(word('E', 'P', 'S', 'V'), epsv, index, letter) |
                             still(word('P', 'O', 'R', 'T'), port_verb, index, letter) |
                             still(word('E', 'P', 'R', 'T'), eprt, index, letter));
    reader.index += 1;
    return reader.candidates ? Asked::nothing : leave(reader, c);
}

TURNOUT_INLINE Asked take_number_of_port(abi::CommandReader& reader, const abi::Tuple& tuple,
                                         uint8_t c) {
    const bool told = reader.digits != 0 && reader.value <= 255;
    if (!told) return leave(reader, c);
    if (reader.index < 4) {
        if (c != ',' || tuple.family != abi::Family::ipv4 ||
            reader.value != octet(tuple.client, reader.index))
            return leave(reader, c);
    } else if (reader.index == 4) {
        if (c != ',') return leave(reader, c);
        reader.port = static_cast<uint16_t>(reader.value << 8);
    } else {
        reader.value |= reader.port;
        leave(reader, c);
        return reader.value && (c == ' ' || is_line_end(c)) ? Asked::a_connection : Asked::nothing;
    }
    reader.index += 1;
    begin_number(reader);
    return Asked::nothing;
}

TURNOUT_INLINE Asked in_numbers(abi::CommandReader& reader, const abi::Tuple& tuple, uint8_t c) {
    if (!is_digit(c)) return take_number_of_port(reader, tuple, c);
    take_digit(reader, 10, c - '0');
    return Asked::nothing;
}

// The first character behind the verb and its space.
TURNOUT_INLINE Asked in_argument(abi::CommandReader& reader, const abi::Tuple& tuple, uint8_t c) {
    if (c == ' ') return Asked::nothing;
    begin_number(reader);
    reader.index = 0;
    if (reader.candidates & port_verb) {
        reader.state = numbers;
        return in_numbers(reader, tuple, c);
    }
    if (!is_delimiter(c)) return leave(reader, c);
    reader.delimiter = c;
    reader.state = protocol;
    return Asked::nothing;
}

// The numbers are those that IANA has given to address families.
TURNOUT_INLINE Asked in_protocol(abi::CommandReader& reader, const abi::Tuple& tuple, uint8_t c) {
    if (is_digit(c)) {
        take_digit(reader, 10, c - '0');
        return Asked::nothing;
    }
    const uint32_t family = tuple.family == abi::Family::ipv6 ? 2 : 1;
    if (c != reader.delimiter || reader.value != family) return leave(reader, c);
    begin_number(reader);
    reader.gap = reader.colon = 0;
    reader.state = address;
    return Asked::nothing;
}

TURNOUT_INLINE Asked begin_port(abi::CommandReader& reader) {
    begin_number(reader);
    reader.state = port;
    return Asked::nothing;
}

TURNOUT_INLINE Asked in_ipv4(abi::CommandReader& reader, const abi::Tuple& tuple, uint8_t c) {
    if (is_digit(c)) {
        take_digit(reader, 10, c - '0');
        return Asked::nothing;
    }
    const bool last = reader.index == 3;
    if (c != (last ? reader.delimiter : '.') || !reader.digits ||
        reader.value != octet(tuple.client, reader.index))
        return leave(reader, c);
    if (last) return begin_port(reader);
    reader.index += 1;
    begin_number(reader);
    return Asked::nothing;
}

// Where in an address of eight the group stands that was read as the `index`-th; the groups behind
// "::" end it.
TURNOUT_INLINE uint32_t place_of_group(const abi::CommandReader& reader, uint32_t index) {
    return reader.gap && index + 1 >= reader.gap ? index + 8 - reader.index : index;
}

TURNOUT_INLINE bool is_own_ipv6(const abi::CommandReader& reader, const abi::Address& own) {
    const bool whole = reader.gap ? reader.index < 8 : reader.index == 8;
    uint32_t seen = 0, differs = 0;
    for (uint32_t i = 0; i < 8; ++i) {
        if (i >= reader.index) continue;
        const uint32_t place = place_of_group(reader, i) & 7;
        seen |= 1u << place;
        differs |= reader.group[i] ^ group(own, place);
    }
    for (uint32_t i = 0; i < 8; ++i)
        if (!(seen >> i & 1)) differs |= group(own, i);
    return whole && !differs;
}

// Notes the group before a colon or the end; false when it is none.
TURNOUT_INLINE bool take_group(abi::CommandReader& reader) {
    if (reader.digits > 4 || reader.index >= 8) return false;
    reader.group[reader.index & 7] = static_cast<uint16_t>(reader.value);
    reader.index += 1;
    begin_number(reader);
    return true;
}

TURNOUT_INLINE Asked at_colon(abi::CommandReader& reader, uint8_t c) {
    const bool twice = reader.colon;
    const bool begins = reader.index == 0 && !twice;
    if (reader.digits) {
        if (!take_group(reader)) return leave(reader, c);
    } else if (twice && !reader.gap) {
        reader.gap = static_cast<uint8_t>(reader.index + 1);
    } else if (!begins) {
        return leave(reader, c);
    }
    reader.colon = 1;
    return Asked::nothing;
}

TURNOUT_INLINE Asked in_ipv6(abi::CommandReader& reader, const abi::Tuple& tuple, uint8_t c) {
    if (is_hex(c)) {
        take_digit(reader, 16, hex_value(c));
        reader.colon = 0;
        return Asked::nothing;
    }
    if (c == ':') return at_colon(reader, c);
    if (c != reader.delimiter) return leave(reader, c);
    if (reader.digits && !take_group(reader)) return leave(reader, c);
    return is_own_ipv6(reader, tuple.client) ? begin_port(reader) : leave(reader, c);
}

TURNOUT_INLINE Asked in_port(abi::CommandReader& reader, uint8_t c) {
    if (is_digit(c)) {
        take_digit(reader, 10, c - '0');
        return Asked::nothing;
    }
    leave(reader, c);
    const bool told = c == reader.delimiter && reader.value > 0 && reader.value <= 0xffff;
    return told ? Asked::a_connection : Asked::nothing;
}

}  // namespace command

// Takes one more character.  `tuple`: of the control connection.
TURNOUT_INLINE Asked take(abi::CommandReader& reader, const abi::Tuple& tuple, uint8_t c) {
    switch (reader.state) {
        case command::verb:
            return command::in_verb(reader, c);
        case command::argument:
            return command::in_argument(reader, tuple, c);
        case command::numbers:
            return command::in_numbers(reader, tuple, c);
        case command::protocol:
            return command::in_protocol(reader, tuple, c);
        case command::address:
            return tuple.family == abi::Family::ipv6 ? command::in_ipv6(reader, tuple, c)
                                                     : command::in_ipv4(reader, tuple, c);
        case command::port:
            return command::in_port(reader, c);
        default:
            return command::leave(reader, c);
    }
}

}  // namespace turnout::ftp
