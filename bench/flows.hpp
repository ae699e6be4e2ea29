// A frame that is another flow's each time: what the benches' programs write, and who makes the row
// they write it from.
//
// Flow N has the client's address 203.0.113.0 + N / 2^15 (or the IPv6 one that ends so) and the
// port 1024 + N % 2^15; it is for one of so many services, whose ports follow each other. Checksums
// stay right.
#pragma once

#include <stdint.h>

#include "wire/inline.hpp"

namespace turnout::bench {

inline constexpr uint32_t ethernet_size = 14;
inline constexpr uint32_t frame_size_ipv4 = 64, frame_size_ipv6 = 80;

// The last two bytes of flow 0's client.
inline constexpr uint32_t first_address_end = 113 << 8;

// Which flow is next.
enum class Order : uint32_t { one_after_the_other, at_random };

// Where in the frame what depends on the flow is.
enum class Layout : uint32_t { request_ipv4, reply_ipv4, request_ipv6, reply_ipv6 };

// Offsets of two bytes each: the client's port, the end of its address, the service's port, and the
// checksums (0: there is none).
struct Offsets {
    uint32_t size, port, address, service_port, checksum, header_checksum;
};
TURNOUT_INLINE constexpr Offsets offsets_of(Layout layout, bool udp) {
    const bool ipv6 = layout == Layout::request_ipv6 || layout == Layout::reply_ipv6;
    const bool reply = layout == Layout::reply_ipv4 || layout == Layout::reply_ipv6;
    const uint32_t transport = ethernet_size + (ipv6 ? 40 : 20);
    const uint32_t checksum = transport + (udp ? 6 : 16);
    const uint32_t address =
        ipv6 ? ethernet_size + 22 + 16 * reply : ethernet_size + 14 + 4 * reply;
    return {ipv6 ? frame_size_ipv6 : frame_size_ipv4,
            transport + 2 * reply,
            address,
            transport + 2 * !reply,
            checksum,
            ipv6 ? 0 : ethernet_size + 10};
}

struct Traffic {
    uint64_t words[frame_size_ipv6 / 8];  // the frame, with 0 where something depends on the flow
    uint32_t size;                        // of the frame
    Layout layout;
    uint32_t is_udp;
    uint32_t flows;
    Order order;
    uint32_t next;
    uint64_t chance;  // of a generator that is good enough to defeat caches
    uint32_t services;
    uint32_t service_port;  // the first, in host order
    // Sums of the frame with zeros in it, not complemented.
    uint32_t sum, header_sum;
    uint32_t interface;  // to send by
    uint32_t pad_;
};

TURNOUT_INLINE uint32_t next_flow(Traffic& traffic) {
    if (traffic.order == Order::at_random) {
        traffic.chance = traffic.chance * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint32_t>((traffic.chance >> 32) * traffic.flows >> 32);
    }
    const uint32_t flow = traffic.next;
    traffic.next = flow + 1 < traffic.flows ? flow + 1 : 0;
    return flow;
}

// Counted from 0.
TURNOUT_INLINE uint32_t service_of(const Traffic& traffic, uint32_t flow) {
    return static_cast<uint32_t>(static_cast<uint64_t>(flow * 0x9e3779b1u) * traffic.services >>
                                 32);
}

}  // namespace turnout::bench
