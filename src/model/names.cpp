#include "model/names.hpp"

#include <cerrno>
#include <iterator>

#include "base/number.hpp"

namespace turnout::model {
namespace {

struct ProtocolName {
    const char* name;
    Protocol protocol;
};
constexpr ProtocolName protocol_names[] = {
    {"tcp", Protocol::tcp}, {"udp", Protocol::udp}, {"sctp", Protocol::sctp}};

constexpr const char* method_names[] = {"nat", "local", "tunnel", "direct"};

Error no_service(std::string_view name) {
    return {EINVAL, '"' + std::string(name) +
                        "\" names no service: tcp:198.51.100.1:80, udp:[2001:db8::1]:53, "
                        "sctp:198.51.100.1:80, fwm:7 or fwm:7/ipv6 would"};
}

Error no_endpoint(std::string_view name) {
    return {EINVAL, '"' + std::string(name) +
                        "\" is no address like 192.0.2.1, 192.0.2.0/24, 192.0.2.1:80 or "
                        "[2001:db8::1]:80"};
}

std::optional<ServiceKey> service_by_mark(std::string_view text) {
    ServiceKey key;
    if (text.ends_with("/ipv6")) {
        key.address.family = Family::ipv6;
        text.remove_suffix(5);
    }
    const auto mark = number_of<uint32_t>(text);
    if (!mark || *mark == 0) return std::nullopt;
    key.mark = *mark;
    return key;
}

// Where the port's colon stands, if there is a port: an IPv6 address with one is in brackets.
size_t colon_of(std::string_view name) {
    if (name.starts_with('[')) {
        const size_t end = name.find("]:");
        return end == std::string_view::npos ? end : end + 1;
    }
    const size_t colon = name.find(':');
    return colon == name.rfind(':') ? colon : std::string_view::npos;
}

std::string_view without_brackets(std::string_view text) {
    const bool bracketed = text.size() > 1 && text.starts_with('[') && text.ends_with(']');
    return bracketed ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::optional<Protocol> protocol_named(std::string_view name) {
    for (const auto& known : protocol_names)
        if (name == known.name) return known.protocol;
    return std::nullopt;
}

const char* name_of(Protocol protocol) {
    for (const auto& known : protocol_names)
        if (protocol == known.protocol) return known.name;
    return "any";
}

const char* name_of(Method method) {
    const auto number = static_cast<size_t>(method);
    return number < std::size(method_names) ? method_names[number] : "?";
}

std::string name_of(const ServiceKey& key) {
    if (key.mark == 0)
        return std::string(name_of(key.protocol)) + ':' + to_string(key.address, key.port);
    const char* family = key.address.family == Family::ipv6 ? "/ipv6" : "";
    return "fwm:" + std::to_string(key.mark) + family;
}

Result<ServiceKey> service_named(std::string_view name) {
    const size_t colon = name.find(':');
    if (colon == std::string_view::npos) return std::unexpected(no_service(name));
    const std::string_view kind = name.substr(0, colon), rest = name.substr(colon + 1);
    if (kind == "fwm") {
        if (const auto key = service_by_mark(rest)) return *key;
        return std::unexpected(no_service(name));
    }
    const auto protocol = protocol_named(kind);
    const auto at = endpoint_named(rest);
    if (!protocol || !at || !at->port || !at->prefix.is_one_address())
        return std::unexpected(no_service(name));
    return ServiceKey{0, *protocol, at->prefix.address, *at->port};
}

Result<EndpointName> endpoint_named(std::string_view name) {
    const size_t colon = colon_of(name);
    EndpointName endpoint;
    if (colon != std::string_view::npos) {
        endpoint.port = number_of<uint16_t>(name.substr(colon + 1));
        if (!endpoint.port) return std::unexpected(no_endpoint(name));
    }
    const auto prefix = Prefix::parse(without_brackets(name.substr(0, colon)));
    if (!prefix) return std::unexpected(no_endpoint(name));
    endpoint.prefix = *prefix;
    return endpoint;
}

Result<EndpointName> server_named(std::string_view name) {
    auto endpoint = endpoint_named(name);
    if (endpoint && !endpoint->prefix.is_one_address())
        return fail(EINVAL, '"' + std::string(name) + "\" is no server, but a network of them");
    return endpoint;
}

}  // namespace turnout::model
