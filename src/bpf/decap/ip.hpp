// An IP header of either family, as far as the filters of a real server look at it: that of a
// packet without a tunnel, the outer or the inner one.
#pragma once

#include <stdint.h>

#include "abi/address.hpp"
#include "bpf/decap/bytes.hpp"
#include "wire/checksum.hpp"
#include "wire/ip.hpp"

namespace turnout::bpf::decap {

// Offsets count from the outer header's first byte.
struct Ip {
    uint32_t begin;
    uint32_t payload;
    uint32_t end;
    abi::Address source;
    abi::Address destination;
    abi::Family family;
    uint8_t protocol;  // IPv6: of what follows the fixed header
    bool is_part;      // a fragment
};

TURNOUT_INLINE bool read_ipv4(const __sk_buff* packet, uint32_t begin, Ip& ip) {
    Ipv4Header header = {};
    if (!read(packet, begin, header)) return false;
    if (header.version_and_length >> 4 != 4 || header_length(header) < sizeof header) return false;
    ip = {.begin = begin,
          .payload = begin + header_length(header),
          .end = begin + to_host(header.total_length),
          .source = abi::address_of(header.source),
          .destination = abi::address_of(header.destination),
          .family = abi::Family::ipv4,
          .protocol = header.protocol,
          .is_part = (header.fragment.raw & ipv4_fragment::is_part.raw) != 0};
    return true;
}

TURNOUT_INLINE bool read_ipv6(const __sk_buff* packet, uint32_t begin, Ip& ip) {
    Ipv6Header header = {};
    if (!read(packet, begin, header)) return false;
    if (to_host(header.version_class_label) >> 28 != 6) return false;
    ip = {.begin = begin,
          .payload = begin + static_cast<uint32_t>(sizeof header),
          .end = begin + static_cast<uint32_t>(sizeof header) + to_host(header.payload_length),
          .source = abi::address_of(header.source),
          .destination = abi::address_of(header.destination),
          .family = abi::Family::ipv6,
          .protocol = header.next_header,
          .is_part = header.next_header == static_cast<uint8_t>(IpProtocol::fragment)};
    return true;
}

// False unless there is a packet of that family at `begin` that ends no later than `limit`.
TURNOUT_INLINE bool read_ip(const __sk_buff* packet, abi::Family family, uint32_t begin,
                            uint32_t limit, Ip& ip) {
    const bool found =
        family == abi::Family::ipv4 ? read_ipv4(packet, begin, ip) : read_ipv6(packet, begin, ip);
    return found && ip.payload <= ip.end && ip.end <= limit;
}

// IPv6 headers have no checksum.
TURNOUT_INLINE bool has_valid_checksum(const __sk_buff* packet, const Ip& ip) {
    uint64_t sum = 0;
    return ip.family == abi::Family::ipv6 ||
           (sum_up(packet, ip.begin, ip.payload, sum) && fold(sum) == 0xffff);
}

}  // namespace turnout::bpf::decap
