// Texts of a command line as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/service.hpp"

namespace turnout::ipvsadm {

// A decimal number within the bounds; spaces or a plus may stand before it.
std::optional<uint32_t> parse_number(std::string_view text, uint32_t least, uint32_t most);

struct Endpoint {
    model::Address address;
    std::optional<uint16_t> port;  // none given
};

// "198.51.100.1", "host:http", "[2001:db8::1]:80", "2001:db8::1".  Names are asked of the system:
// hosts as IPv4 addresses, ports in `protocol` (any, when it is none).
std::optional<Endpoint> parse_endpoint(const std::string& text, model::Protocol protocol);

// "255.255.255.0" as a host-order number, or an IPv6 prefix length.
std::optional<uint32_t> parse_netmask(const std::string& text, model::Family family);

// The netmask that is the default: a client is one address.
constexpr uint32_t whole_address(model::Family family) {
    return family == model::Family::ipv6 ? 128 : 0xffffffff;
}

// The way back.
std::string netmask_text(uint32_t netmask, model::Family family);

// Flags of schedulers, "sh-port,sh-fallback".  On success `flags` gets their bits; otherwise the
// mistake is returned in ipvsadm's words.
std::optional<std::string> parse_scheduler_flags(std::string_view text, std::string_view scheduler,
                                                 uint32_t& flags);

// The way back: "sh-fallback,sh-port"; empty when no bit that has a name is set.
std::string scheduler_flags(std::string_view scheduler, uint32_t flags);

}  // namespace turnout::ipvsadm
