#include "cli/ipvsadm/values.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>

namespace turnout::ipvsadm {
namespace {

using model::Address;
using model::Family;

struct SchedulerFlag {
    const char* scheduler;  // "": any
    const char* name;
    uint32_t bit;
};

constexpr std::array<SchedulerFlag, 7> scheduler_flag_names{{
    {"sh", "sh-fallback", model::service_flag::scheduler_1},
    {"sh", "sh-port", model::service_flag::scheduler_2},
    {"mh", "mh-fallback", model::service_flag::scheduler_1},
    {"mh", "mh-port", model::service_flag::scheduler_2},
    {"", "flag-1", model::service_flag::scheduler_1},
    {"", "flag-2", model::service_flag::scheduler_2},
    {"", "flag-3", model::service_flag::scheduler_3},
}};

Address ipv4(const in_addr& found) {
    Address address;
    std::memcpy(address.bytes.data(), &found, sizeof found);
    return address;
}

std::optional<Address> parse_ipv6(const std::string& text) {
    const auto address = Address::parse(text);
    return address && address->family == Family::ipv6 ? address : std::nullopt;
}

// An IPv4 address in any spelling that inet_aton(3) knows, or a host's name.
std::optional<Address> parse_host(const std::string& text) {
    if (in_addr address; !text.empty() && inet_aton(text.c_str(), &address)) return ipv4(address);
    addrinfo wanted{};
    wanted.ai_family = AF_INET;
    addrinfo* found = nullptr;
    if (text.empty() || getaddrinfo(text.c_str(), nullptr, &wanted, &found) != 0)
        return std::nullopt;
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
    return ipv4(reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr);
}

const char* service_protocol(model::Protocol protocol) {
    switch (protocol) {
        case model::Protocol::tcp:
            return "tcp";
        case model::Protocol::udp:
            return "udp";
        case model::Protocol::sctp:
            return "sctp";
        case model::Protocol::none:
            break;
    }
    return nullptr;
}

std::optional<uint16_t> parse_port(const std::string& text, model::Protocol protocol) {
    if (const auto number = parse_number(text, 0, UINT16_MAX))
        return static_cast<uint16_t>(*number);
    const char* of = service_protocol(protocol);
    const servent* service = of ? getservbyname(text.c_str(), of) : nullptr;
    if (!service) return std::nullopt;
    return ntohs(static_cast<uint16_t>(service->s_port));
}

}  // namespace

std::optional<uint32_t> parse_number(std::string_view text, uint32_t least, uint32_t most) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.starts_with('+')) text.remove_prefix(1);
    uint32_t number = 0;
    const auto [stopped, error] = std::from_chars(text.begin(), text.end(), number);
    if (error != std::errc{} || stopped != text.end() || number < least || number > most)
        return std::nullopt;
    return number;
}

std::optional<Endpoint> parse_endpoint(const std::string& text, model::Protocol protocol) {
    // A lone number is rather a port, or a mark, whose option was forgotten.
    if (text.find_first_not_of("0123456789") == std::string::npos) return std::nullopt;
    if (const auto address = parse_ipv6(text)) return Endpoint{*address, std::nullopt};
    std::string host = text;
    std::optional<uint16_t> port;
    if (const size_t colon = text.rfind(':'); colon != std::string::npos) {
        host = text.substr(0, colon);
        port = parse_port(text.substr(colon + 1), protocol);
        if (!port) return std::nullopt;
    }
    const bool bracketed = host.starts_with('[') && host.ends_with(']') && port;
    const auto address = bracketed ? parse_ipv6(host.substr(1, host.size() - 2)) : parse_host(host);
    if (!address) return std::nullopt;
    return Endpoint{*address, port};
}

std::optional<uint32_t> parse_netmask(const std::string& text, Family family) {
    if (family == Family::ipv6) return parse_number(text, 1, 128);
    const auto mask = parse_host(text);
    if (!mask) return std::nullopt;
    uint32_t bits;
    std::memcpy(&bits, mask->bytes.data(), sizeof bits);
    return ntohl(bits);
}

std::string netmask_text(uint32_t netmask, Family family) {
    if (family == Family::ipv6) return std::to_string(netmask);
    return ipv4(in_addr{htonl(netmask)}).to_string();
}

std::optional<std::string> parse_scheduler_flags(std::string_view text, std::string_view scheduler,
                                                 uint32_t& flags) {
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(','));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        if (word.empty()) continue;
        const auto known = std::find_if(scheduler_flag_names.begin(), scheduler_flag_names.end(),
                                        [&](const auto& flag) { return word == flag.name; });
        if (known == scheduler_flag_names.end())
            return "invalid scheduler flag `" + std::string(word) + "'";
        if (*known->scheduler && scheduler != known->scheduler)
            return "incompatible scheduler flag `" + std::string(word) + "'";
        flags |= known->bit;
    }
    return std::nullopt;
}

std::string scheduler_flags(std::string_view scheduler, uint32_t flags) {
    const bool own_names = scheduler == "sh" || scheduler == "mh";
    std::string names;
    for (const auto& flag : scheduler_flag_names) {
        if (!(flags & flag.bit) || flag.scheduler != (own_names ? scheduler : "")) continue;
        if (!names.empty()) names += ',';
        names += flag.name;
    }
    return names;
}

}  // namespace turnout::ipvsadm
