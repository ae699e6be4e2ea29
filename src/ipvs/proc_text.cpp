#include "ipvs/proc_text.hpp"

#include <charconv>

namespace turnout::ipvs {
namespace {

using model::Address;
using model::Family;

constexpr std::string_view upper_digits = "0123456789ABCDEF", lower_digits = "0123456789abcdef";

// By hand, as all of a row: there may be millions of them.
void append_hex(std::string& text, uint8_t byte, std::string_view digits) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
}

// "C6336407", or "2001:0db8:0000:0000:0000:0000:0000:0007"
void append_hex(std::string& text, const Address& address) {
    if (address.family == Family::ipv4) {
        for (size_t i = 0; i < 4; ++i) append_hex(text, address.bytes[i], upper_digits);
        return;
    }
    for (size_t i = 0; i < address.bytes.size(); ++i) {
        if (i > 0 && i % 2 == 0) text += ':';
        append_hex(text, address.bytes[i], lower_digits);
    }
}

// With the space behind it.
void append_hex(std::string& text, const Address& address, uint16_t port) {
    append_hex(text, address);
    text += ' ';
    append_hex(text, static_cast<uint8_t>(port >> 8), upper_digits);
    append_hex(text, static_cast<uint8_t>(port), upper_digits);
    text += ' ';
}

void append_left(std::string& text, std::string_view word, size_t width) {
    text += word;
    if (word.size() < width) text.append(width - word.size(), ' ');
}

void append_right(std::string& text, uint32_t number, size_t width) {
    char digits[10];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    const auto size = static_cast<size_t>(end - digits);
    if (size < width) text.append(width - size, ' ');
    text.append(digits, size);
}

void append_row(std::string& text, const model::ConnectionReport& c) {
    // A template of a service by mark is for any protocol.
    append_left(text, c.protocol == model::Protocol::none ? "IP" : to_string(c.protocol), 3);
    text += ' ';
    append_hex(text, c.client, c.client_port);
    append_hex(text, c.virtual_address, c.virtual_port);
    append_hex(text, c.server, c.server_port);
    append_left(text, c.state, 11);
    text += ' ';
    append_right(text, c.expires_s, 7);
    if (!c.engine.empty()) text += ' ' + c.engine + ' ' + c.engine_data;
    text += '\n';
}

}  // namespace

bool is_proc_text(std::string_view name) {
    return name == "ip_vs_conn";
}

bool append_proc_text(const model::Control& control, uint32_t part, std::string& text) {
    if (part == 0)
        text += "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
    return control.connections(
        part, [&](const model::ConnectionReport& report) { append_row(text, report); });
}

}  // namespace turnout::ipvs
