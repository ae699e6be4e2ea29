#include "model/address.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace turnout::model {

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

std::string Address::to_string() const {
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(family == Family::ipv4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
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

std::string to_string(const Address& address, uint16_t port) {
    const std::string host =
        address.family == Family::ipv4 ? address.to_string() : "[" + address.to_string() + "]";
    return host + ":" + std::to_string(port);
}

}  // namespace turnout::model
