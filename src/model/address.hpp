// An IPv4 or IPv6 address as a value: compared, parsed and printed, never converted in place.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace turnout::model {

// Same numbers as AF_INET and AF_INET6 on Linux, which the IPVS messages carry.
enum class Family : uint8_t { ipv4 = 2, ipv6 = 10 };

struct Address {
    Family family = Family::ipv4;
    std::array<uint8_t, 16> bytes{};  // network order; IPv4 uses the first four, the rest is zero

    auto operator<=>(const Address&) const = default;

    // "198.51.100.7" or "2001:db8::7"; nothing for any other text (host names included).
    static std::optional<Address> parse(std::string_view text);
    static Address ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
    std::string to_string() const;
    void append_to(std::string& text) const;

    // An address that can belong to one host: not 0.0.0.0, not multicast, not limited broadcast.
    bool is_unicast() const;

    // A unicast address that routing can lead to: not IPv6's link-local ones, which are nothing
    // without an interface, nor an IPv4 address as IPv6 writes it (::ffff:192.0.2.1).
    bool is_routable() const;
};

// "198.51.100.7:80", "[2001:db8::7]:80"
std::string to_string(const Address& address, uint16_t port);
void append_to(std::string& text, const Address& address, uint16_t port);

}  // namespace turnout::model
