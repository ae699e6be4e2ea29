#include "model/mark_rule.hpp"

#include <algorithm>
#include <cerrno>

#include "base/number.hpp"

namespace turnout::model {
namespace {

Error bad_ports(std::string_view text) {
    return {EINVAL, "\"" + std::string(text) + "\" is no list of ports like 80,443,8000-8080"};
}

void clear_after(Address& address, uint8_t length) {
    for (size_t i = 0; i < address.bytes.size(); ++i) {
        const int bits = std::clamp(static_cast<int>(length) - static_cast<int>(8 * i), 0, 8);
        address.bytes[i] &= static_cast<uint8_t>(0xff00 >> bits);
    }
}

}  // namespace

Result<Prefix> Prefix::parse(std::string_view text) {
    const size_t slash = text.find('/');
    const auto address = Address::parse(text.substr(0, slash));
    const std::string quoted = "\"" + std::string(text) + "\"";
    if (!address) return fail(EINVAL, quoted + " is no address or prefix like 192.0.2.0/24");
    const uint8_t whole = address->family == Family::ipv4 ? 32 : 128;
    Prefix prefix{*address, whole};
    if (slash == std::string_view::npos) return prefix;
    const auto length = number_of<uint8_t>(text.substr(slash + 1));
    if (!length || *length > whole)
        return fail(EINVAL, quoted + " has no prefix length from 0 to " + std::to_string(whole));
    prefix.length = *length;
    clear_after(prefix.address, *length);
    return prefix;
}

std::string Prefix::to_string() const {
    const uint8_t whole = address.family == Family::ipv4 ? 32 : 128;
    return address.to_string() + (length == whole ? "" : "/" + std::to_string(length));
}

bool Prefix::holds(const Address& one) const {
    Address masked = one;
    clear_after(masked, length);
    return masked == address;
}

Result<std::vector<PortRange>> parse_ports(std::string_view text) {
    std::vector<PortRange> ports;
    for (size_t at = 0; at <= text.size();) {
        const size_t comma = std::min(text.find(',', at), text.size());
        const std::string_view part = text.substr(at, comma - at);
        const size_t dash = part.find_first_of("-:");
        const auto first = number_of<uint16_t>(part.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : number_of<uint16_t>(part.substr(dash + 1));
        if (!first || !last || *first > *last) return std::unexpected(bad_ports(text));
        ports.push_back({*first, *last});
        at = comma + 1;
    }
    // The rows know no other way to say "any": a rule adopted from them would lose its widest
    // range.
    if (std::ranges::find(ports, PortRange{}) != ports.end()) ports.clear();
    return ports;
}

std::string to_string(const std::vector<PortRange>& ports) {
    std::string text;
    for (const PortRange& range : ports) {
        if (!text.empty()) text += ',';
        text += std::to_string(range.first);
        if (range.last != range.first) text += '-' + std::to_string(range.last);
    }
    return text;
}

Status check(const MarkRule& rule) {
    if (rule.mark == 0) return fail(EINVAL, "a mark of 0 is none: give one from 1 on");
    if (!rule.protocol && !(rule.from_ports.empty() && rule.to_ports.empty()))
        return fail(EINVAL, "ports need a protocol that has them: tcp, udp or sctp");
    for (const auto& prefix : {rule.from, rule.to})
        if (prefix && prefix->address.family != rule.family)
            return fail(EINVAL, prefix->to_string() + " is of another address family");
    return {};
}

}  // namespace turnout::model
