// The characters that FTP's commands and replies are made of.
#pragma once

#include <stdint.h>

#include "abi/ftp_control.hpp"
#include "wire/inline.hpp"

namespace turnout::ftp {

TURNOUT_INLINE bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

TURNOUT_INLINE bool is_line_end(uint8_t c) {
    return c == '\r' || c == '\n';
}

// RFC 2428 has any of these delimit the parts of an address, and recommends '|'.
TURNOUT_INLINE bool is_delimiter(uint8_t c) {
    return c > ' ' && c < 127 && !is_digit(c);
}

TURNOUT_INLINE uint8_t upper(uint8_t c) {
    return c >= 'a' && c <= 'z' ? static_cast<uint8_t>(c - ('a' - 'A')) : c;
}

TURNOUT_INLINE bool is_hex(uint8_t c) {
    const uint8_t letter = upper(c);
    return is_digit(c) || (letter >= 'A' && letter <= 'F');
}

TURNOUT_INLINE uint32_t hex_value(uint8_t c) {
    return is_digit(c) ? c - '0' : upper(c) - 'A' + 10u;
}

// One of an IPv4 address's four bytes.
TURNOUT_INLINE uint8_t octet(const abi::Address& address, uint32_t index) {
    const uint32_t word = to_host(address.word[0]);
    return static_cast<uint8_t>(word >> (24 - 8 * (index & 3)));
}

// One of an IPv6 address's eight groups.
TURNOUT_INLINE uint16_t group(const abi::Address& address, uint32_t index) {
    const uint32_t word = to_host(address.word[index / 2 & 3]);
    return static_cast<uint16_t>(index & 1 ? word : word >> 16);
}

// A reader of numbers: `value` and `digits` are its own.
template <class Reader>
TURNOUT_INLINE void begin_number(Reader& reader) {
    reader.value = reader.digits = 0;
}
template <class Reader>
TURNOUT_INLINE void take_digit(Reader& reader, uint32_t base, uint32_t digit) {
    // Five digits are the most that anybody means; more stay too large.
    if (reader.value <= 0xffff) reader.value = reader.value * base + digit;
    if (reader.digits < 255) reader.digits += 1;
}

TURNOUT_INLINE void append(abi::AddressText& text, uint32_t c) {
    text.byte[text.length & (sizeof text.byte - 1)] = static_cast<uint8_t>(c);
    text.length += 1;
}

// The address as FTP writes it.
TURNOUT_INLINE void write_text(const abi::Address& address, abi::Family family,
                               abi::AddressText& text) {
    text.length = 0;
    if (family != abi::Family::ipv4) return;
    for (uint32_t i = 0; i < 4; ++i) {
        const uint32_t value = octet(address, i);
        if (value >= 100) append(text, '0' + value / 100);
        if (value >= 10) append(text, '0' + value / 10 % 10);
        append(text, '0' + value % 10);
        append(text, ',');
    }
}

}  // namespace turnout::ftp
