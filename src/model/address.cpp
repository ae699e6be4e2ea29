#include "model/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace turnout::model {
namespace {

void append_number(std::string& text, unsigned number) {
    char digits[10];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
    const std::string terminated(text);
    Address address;
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
    address.family = Family::ipv6;
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
    return std::nullopt;
}

Address Address::ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    Address address;
    address.bytes = {a, b, c, d};
    return address;
}

// IPv4 by itself: inet_ntop prints by a format, which is slow for a list of a million.
void Address::append_to(std::string& text) const {
    if (family == Family::ipv4) {
        for (size_t i = 0; i < 4; ++i) {
            if (i > 0) text += '.';
            append_number(text, bytes[i]);
        }
        return;
    }
    char ipv6[INET6_ADDRSTRLEN] = {};
    text += inet_ntop(AF_INET6, bytes.data(), ipv6, sizeof ipv6);
}

std::string Address::to_string() const {
    std::string text;
    append_to(text);
    return text;
}

bool Address::is_unicast() const {
    if (family == Family::ipv6)
        return bytes[0] != 0xff &&
               std::any_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b; });
    const bool multicast_or_reserved = bytes[0] >= 224;
    return bytes[0] != 0 && !multicast_or_reserved;
}

bool Address::is_routable() const {
    if (family == Family::ipv4) return is_unicast();
    static constexpr std::array<uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const bool is_mapped = std::equal(mapped.begin(), mapped.end(), bytes.begin());
    const bool is_link_local = bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
    return is_unicast() && !is_mapped && !is_link_local;
}

void append_to(std::string& text, const Address& address, uint16_t port) {
    const bool ipv6 = address.family == Family::ipv6;
    if (ipv6) text += '[';
    address.append_to(text);
    text += ipv6 ? "]:" : ":";
    append_number(text, port);
}

std::string to_string(const Address& address, uint16_t port) {
    std::string text;
    append_to(text, address, port);
    return text;
}

}  // namespace turnout::model
