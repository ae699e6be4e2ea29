// Rules that give packets a firewall mark before a service is looked for: Turnout's own way to a
// service by mark, beside the marks that tc sets before us.
//
// Of several rules that match a packet the last one decides, as with iptables' MARK target.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/address.hpp"
#include "model/service.hpp"

namespace turnout::model {

// An address and how many of its leading bits count; the others are zero.
struct Prefix {
    Address address;
    uint8_t length = 0;
    bool operator==(const Prefix&) const = default;

    // "192.0.2.0/24", or an address alone.  The error names the text.
    static Result<Prefix> parse(std::string_view text);
    std::string to_string() const;
    bool holds(const Address& one) const;
    bool is_one_address() const { return length == (address.family == Family::ipv4 ? 32 : 128); }
};

struct PortRange {
    uint16_t first = 0, last = 65535;
    bool operator==(const PortRange&) const = default;
};

// "80,443,8000-8080"; "8000:8080" is read, too.  A list that holds every port gives an empty one.
Result<std::vector<PortRange>> parse_ports(std::string_view text);
std::string to_string(const std::vector<PortRange>& ports);

struct MarkRule {
    uint32_t number = 0;  // given by the director; how the rule is named
    Family family = Family::ipv4;
    std::optional<Protocol> protocol;
    std::optional<Prefix> from, to;
    std::vector<PortRange> from_ports, to_ports;  // empty: any
    uint32_t mark = 0;                            // not 0
    bool operator==(const MarkRule&) const = default;
};

// What no packet could meet, or the tables could not hold: ports without a protocol that has them,
// a mark of 0, addresses of two families.
Status check(const MarkRule& rule);

}  // namespace turnout::model
