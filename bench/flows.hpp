// A frame that is another flow's each time: what the benches' programs write, and who makes the row
// they write it from.
//
// Flow N has the client's address 203.0.113.0 + N / 2^15 (or the IPv6 one that ends so) and the
// port 1024 + N % 2^15.  Checksums stay right.
#pragma once

#include <stdint.h>

#include "wire/inline.hpp"

namespace turnout::bench {

inline constexpr uint32_t frame_size_ipv4 = 64, frame_size_ipv6 = 80;

// Which flow is next.
enum class Order : uint32_t { one_after_the_other, at_random };

struct Traffic {
    uint64_t words[frame_size_ipv6 / 8];  // the frame of a flow whose client has port 0
    uint32_t size;                        // of the frame
    uint32_t flows;
    Order order;
    uint32_t next;
    uint64_t chance;  // of a generator that is good enough to defeat caches
    // Where in the frame: the client's port, the last two bytes of its address, the checksums.
    uint32_t port_at, address_at, checksum_at;
    uint32_t header_checksum_at;  // IPv6: 0
    uint32_t interface;           // to send by
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

}  // namespace turnout::bench
