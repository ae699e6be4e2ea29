// A fragment of an outer packet (RFC 791, section 2.3; RFC 8200, section 4.5).
#pragma once

#include <stdint.h>

#include "bpf/decap/ip.hpp"
#include "path/opening.hpp"

namespace turnout::bpf::decap {

struct Fragment {
    FragmentKey key;   // what the fragments of a packet have in common
    uint32_t payload;  // where its bytes begin, from the IP header's first
    uint32_t offset;   // where they belong, behind the whole packet's IP header
    uint32_t size;
    uint8_t protocol;  // of what the whole packet carries
    bool more;         // it is not the last
};

TURNOUT_INLINE bool read_ipv4_fragment(const __sk_buff* packet, const Ip& ip, Fragment& fragment) {
    Ipv4Header header = {};
    if (!read(packet, ip.begin, header) || header_length(header) != sizeof header ||
        !(header_checksum(header) == header.checksum))
        return false;
    fragment.key.id.raw = header.id.raw;
    fragment.key.protocol = fragment.protocol = header.protocol;
    fragment.payload = ip.payload;
    fragment.offset = (to_host(header.fragment) & to_host(ipv4_fragment::offset)) * 8u;
    fragment.more = (header.fragment.raw & ipv4_fragment::more.raw) != 0;
    return true;
}

TURNOUT_INLINE bool read_ipv6_fragment(const __sk_buff* packet, const Ip& ip, Fragment& fragment) {
    Ipv6Fragment header = {};
    if (!read(packet, ip.payload, header)) return false;
    fragment.key.id = header.id;
    fragment.protocol = header.next_header;
    fragment.payload = ip.payload + static_cast<uint32_t>(sizeof header);
    fragment.offset = to_host(header.offset_and_more) & 0xfff8u;
    fragment.more = to_host(header.offset_and_more) & 1;
    return fragment.payload <= ip.end;
}

// False for what is none, malformed or damaged, or has IPv4 options, which not every fragment has.
TURNOUT_INLINE bool read_fragment(const __sk_buff* packet, const Ip& ip, Fragment& fragment) {
    fragment.key = {ip.source, ip.destination, {}, 0, ip.family, 0};
    const bool found = ip.family == abi::Family::ipv4 ? read_ipv4_fragment(packet, ip, fragment)
                                                      : read_ipv6_fragment(packet, ip, fragment);
    if (!found) return false;
    fragment.size = ip.end - fragment.payload;
    const bool is_odd = fragment.more && fragment.size % 8 != 0;
    return fragment.size != 0 && !is_odd;
}

}  // namespace turnout::bpf::decap
