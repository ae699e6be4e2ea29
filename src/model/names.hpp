// Services, servers and clients as people name them in one word: on command lines and in the API.
//
//     tcp:198.51.100.1:80   udp:[2001:db8::1]:53   sctp:198.51.100.1:0   fwm:7   fwm:7/ipv6
//     10.1.0.11   10.1.0.11:8080   [2001:db8::11]:8080
//     203.0.113.0/24   203.0.113.7:40000   [2001:db8::/32]:443
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/mark_rule.hpp"
#include "model/service.hpp"

namespace turnout::model {

// "tcp", "udp", "sctp"; nothing for another name.
std::optional<Protocol> protocol_named(std::string_view name);
// The way back; "any" for none.
const char* name_of(Protocol protocol);

// "nat", "direct", "tunnel", "local"
const char* name_of(Method method);

std::string name_of(const ServiceKey& key);
// EINVAL names the text and what it could have been.
Result<ServiceKey> service_named(std::string_view name);

// An address or prefix, and a port if one was given.
struct EndpointName {
    Prefix prefix;
    std::optional<uint16_t> port;
};
Result<EndpointName> endpoint_named(std::string_view name);

}  // namespace turnout::model
