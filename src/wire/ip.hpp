// The IPv4 and IPv6 headers (RFC 791, RFC 8200), IPv6's extension headers, and the protocol numbers
// that they carry.
#pragma once

#include <stdint.h>

#include "wire/checksum.hpp"
#include "wire/integers.hpp"

namespace turnout {

enum class IpProtocol : uint8_t {
    hop_by_hop = 0,
    icmp = 1,
    ipv4 = 4,  // IP in IP
    tcp = 6,
    udp = 17,
    ipv6 = 41,  // IPv6 in IP
    routing = 43,
    fragment = 44,
    gre = 47,
    authentication = 51,
    icmpv6 = 58,
    destination_options = 60,
    sctp = 132,
};

struct Ipv4Header {
    uint8_t version_and_length;  // high nibble 4, low nibble the header's length in 32-bit words
    uint8_t tos;
    be16 total_length;  // bytes, this header included
    be16 id;
    be16 fragment;  // see ipv4_fragment
    uint8_t ttl;
    uint8_t protocol;
    be16 checksum;
    be32 source;
    be32 destination;
};
static_assert(sizeof(Ipv4Header) == 20);

namespace ipv4_fragment {
inline constexpr be16 dont = to_be(uint16_t{0x4000});
inline constexpr be16 more = to_be(uint16_t{0x2000});    // others follow
inline constexpr be16 offset = to_be(uint16_t{0x1fff});  // in units of eight bytes
// The packet is a part of a larger one.
inline constexpr be16 is_part{static_cast<uint16_t>(more.raw | offset.raw)};
}  // namespace ipv4_fragment

// In bytes; less than 20 when the header is malformed.
TURNOUT_INLINE uint32_t header_length(const Ipv4Header& ip) {
    return (ip.version_and_length & 0x0fu) * 4;
}

// What headers of both versions tell: of the packet, in bytes, header included; what follows; how
// many hops are left; the traffic class; whether routers may not fragment it.
TURNOUT_INLINE uint32_t length_of(const Ipv4Header& ip) {
    return to_host(ip.total_length);
}
TURNOUT_INLINE uint8_t protocol_of(const Ipv4Header& ip) {
    return ip.protocol;
}
TURNOUT_INLINE uint8_t hops_of(const Ipv4Header& ip) {
    return ip.ttl;
}
TURNOUT_INLINE uint8_t traffic_class(const Ipv4Header& ip) {
    return ip.tos;
}
TURNOUT_INLINE bool has_dont_fragment(const Ipv4Header& ip) {
    return ip.fragment.raw & ipv4_fragment::dont.raw;
}

// What the checksum of a header without options should be, whatever it holds now.
TURNOUT_INLINE be16 header_checksum(const Ipv4Header& ip) {
    const uint64_t sum = static_cast<uint64_t>(ip.version_and_length | ip.tos << 8) +
                         ip.total_length.raw + ip.id.raw + ip.fragment.raw +
                         static_cast<uint64_t>(ip.ttl | ip.protocol << 8) + ip.source.raw +
                         ip.destination.raw;
    static_assert(host_is_little_endian, "byte pairs are summed as they lie in memory");
    return {static_cast<uint16_t>(~fold_few(sum))};
}

struct Ipv6Header {
    be32 version_class_label;  // 4 bits, 8 bits, 20 bits
    be16 payload_length;       // bytes behind this header
    uint8_t next_header;       // an IpProtocol
    uint8_t hop_limit;
    be32 source[4];
    be32 destination[4];
};
static_assert(sizeof(Ipv6Header) == 40);

// How a header tells a length of so many bytes; of a super-packet beyond 64 KiB ("BIG TCP") Linux
// has it say 0.
TURNOUT_INLINE be16 length_field(uint32_t bytes) {
    return to_be(static_cast<uint16_t>(bytes > 0xffff ? 0 : bytes));
}

// The time to live of packets of our own (RFC 1700).
inline constexpr uint8_t own_ttl = 64;

TURNOUT_INLINE uint32_t length_of(const Ipv6Header& ip) {
    return static_cast<uint32_t>(sizeof ip) + to_host(ip.payload_length);
}
TURNOUT_INLINE uint8_t protocol_of(const Ipv6Header& ip) {
    return ip.next_header;
}
TURNOUT_INLINE uint8_t hops_of(const Ipv6Header& ip) {
    return ip.hop_limit;
}
TURNOUT_INLINE uint8_t traffic_class(const Ipv6Header& ip) {
    return static_cast<uint8_t>(to_host(ip.version_class_label) >> 20);
}
// None, but the bit means the same to who reads both.
TURNOUT_INLINE bool has_dont_fragment(const Ipv6Header&) {
    return false;
}

// What hop-by-hop options, routing and destination options begin with.
struct Ipv6Extension {
    uint8_t next_header;
    uint8_t length;  // in units of eight bytes, the first not counted
    uint8_t routing_type;
    uint8_t segments_left;  // of a routing header: addresses still to be visited
};

// The fragment header.
struct Ipv6Fragment {
    uint8_t next_header;
    uint8_t reserved;
    be16 offset_and_more;  // offset in bytes in the upper 13 bits; in the lowest: others follow
    be32 id;
};
static_assert(sizeof(Ipv6Fragment) == 8);

}  // namespace turnout
