// What an FTP server answers: the port that it listens on, in a reply 227 (RFC 959) or 229 (RFC
// 2428).
//
// Read one character at a time, like commands.  In a reply 227 only two addresses count, the
// server's own, which is replaced, and the service's, which a server may have been told to name;
// with any other the reply passes as it is, and nothing is opened.  Where the address stands in the
// text is not laid down (RFC 1123, section 4.1.2.6): it is looked for.
#pragma once

#include <stdint.h>

#include "path/helpers/ftp_stream.hpp"
#include "path/helpers/ftp_text.hpp"

namespace turnout::ftp {

namespace reply {

enum State : uint8_t {
    code,
    behind_code,
    text,       // of a 227: up to a digit
    elsewhere,  // in numbers that are no address
    address,    // in what may be one
    high,
    low,         // the two numbers of the port
    opening,     // of a 229: up to the parenthesis
    delimiters,  // the three before the port
    port,
    rest,
};

inline constexpr uint8_t own = 1, of_service = 2;  // candidates

TURNOUT_INLINE bool begin_line(abi::ReplyReader& reader) {
    reader.state = code;
    reader.index = 0;
    return false;
}

TURNOUT_INLINE bool leave(abi::ReplyReader& reader, uint8_t c) {
    if (c == '\n') return begin_line(reader);
    reader.state = rest;
    return false;
}

TURNOUT_INLINE bool in_code(abi::ReplyReader& reader, uint8_t c) {
    const bool last = reader.index == 2;
    const bool fits = last ? c == '7' || c == '9' : c == '2';
    if (!fits) return leave(reader, c);
    reader.index += 1;
    reader.code = c;
    if (last) reader.state = behind_code;
    return false;
}

TURNOUT_INLINE bool in_behind_code(abi::ReplyReader& reader, uint8_t c) {
    if (c != ' ' && c != '-') return leave(reader, c);
    reader.state = reader.code == '7' ? text : opening;
    return false;
}

TURNOUT_INLINE uint8_t still(const abi::AddressText& text, uint8_t bit, uint32_t index, uint8_t c) {
    return index < text.length && text.byte[index & (sizeof text.byte - 1)] == c ? bit : 0;
}

TURNOUT_INLINE bool is_whole(const abi::AddressText& text, const abi::ReplyReader& reader,
                             uint8_t bit) {
    return reader.candidates & bit && reader.index == text.length;
}

TURNOUT_INLINE bool in_elsewhere(abi::ReplyReader& reader, uint8_t c) {
    if (c == '\n') return begin_line(reader);
    if (!is_digit(c) && c != ',') reader.state = text;
    return false;
}

TURNOUT_INLINE bool in_address(abi::FtpControl& control, uint8_t c) {
    abi::ReplyReader& reader = control.reply;
    reader.candidates &=
        static_cast<uint8_t>(still(control.server_text, own, reader.index, c) |
                             still(control.virtual_text, of_service, reader.index, c));
    reader.index += 1;
    if (!reader.candidates) {
        reader.state = elsewhere;
        return in_elsewhere(reader, c);
    }
    const bool is_own = is_whole(control.server_text, reader, own);
    if (!is_own && !is_whole(control.virtual_text, reader, of_service)) return false;
    if (is_own && !has_room_for_edit(control)) return leave(reader, c);
    if (is_own) note_edit(control, reader.address_at);
    begin_number(reader);
    reader.state = high;
    return false;
}

TURNOUT_INLINE bool in_text(abi::FtpControl& control, uint8_t c, uint32_t number) {
    abi::ReplyReader& reader = control.reply;
    if (c == '\n') return begin_line(reader);
    if (!is_digit(c)) return false;
    reader.state = address;
    reader.address_at = number;
    reader.index = 0;
    reader.candidates = own | of_service;
    return in_address(control, c);
}

TURNOUT_INLINE bool in_high(abi::ReplyReader& reader, uint8_t c) {
    if (is_digit(c)) {
        take_digit(reader, 10, c - '0');
        return false;
    }
    if (c != ',' || !reader.digits || reader.value > 255) return leave(reader, c);
    reader.port = static_cast<uint16_t>(reader.value << 8);
    begin_number(reader);
    reader.state = low;
    return false;
}

TURNOUT_INLINE bool in_low(abi::ReplyReader& reader, uint8_t c) {
    if (is_digit(c)) {
        take_digit(reader, 10, c - '0');
        return false;
    }
    const bool told = reader.digits && reader.value <= 255;
    reader.value |= reader.port;
    leave(reader, c);
    return told;
}

TURNOUT_INLINE bool in_opening(abi::ReplyReader& reader, uint8_t c) {
    if (c == '\n') return begin_line(reader);
    if (c != '(') return false;
    reader.state = delimiters;
    reader.index = 0;
    return false;
}

TURNOUT_INLINE bool in_delimiters(abi::ReplyReader& reader, uint8_t c) {
    if (reader.index == 0) reader.delimiter = c;
    if (!is_delimiter(c) || c != reader.delimiter) return leave(reader, c);
    reader.index += 1;
    if (reader.index < 3) return false;
    begin_number(reader);
    reader.state = port;
    return false;
}

TURNOUT_INLINE bool in_port(abi::ReplyReader& reader, uint8_t c) {
    if (is_digit(c)) {
        take_digit(reader, 10, c - '0');
        return false;
    }
    const bool told = c == reader.delimiter && reader.value <= 0xffff;
    leave(reader, c);
    return told;
}

}  // namespace reply

// Takes one more character, the server's byte of that number; true when a port has been told, which
// is the reader's value.
TURNOUT_INLINE bool take(abi::FtpControl& control, uint8_t c, uint32_t number) {
    abi::ReplyReader& reader = control.reply;
    switch (reader.state) {
        case reply::code:
            return reply::in_code(reader, c);
        case reply::behind_code:
            return reply::in_behind_code(reader, c);
        case reply::text:
            return reply::in_text(control, c, number);
        case reply::elsewhere:
            return reply::in_elsewhere(reader, c);
        case reply::address:
            return reply::in_address(control, c);
        case reply::high:
            return reply::in_high(reader, c);
        case reply::low:
            return reply::in_low(reader, c);
        case reply::opening:
            return reply::in_opening(reader, c);
        case reply::delimiters:
            return reply::in_delimiters(reader, c);
        case reply::port:
            return reply::in_port(reader, c);
        default:
            return reply::leave(reader, c);
    }
}

// How many characters of what may become the server's address have been read, and wait for its end.
TURNOUT_INLINE uint32_t held(const abi::ReplyReader& reader) {
    const bool waits = reader.state == reply::address && reader.candidates & reply::own;
    return waits ? reader.index : 0;
}

}  // namespace turnout::ftp
