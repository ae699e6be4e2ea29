// Addresses and flows as the kernel's maps hold them: one shape for IPv4 and IPv6.
#pragma once

#include <stdint.h>

#include "wire/integers.hpp"

namespace turnout::abi {

// The numbers of AF_INET and AF_INET6 on Linux.
enum class Family : uint8_t { none = 0, ipv4 = 2, ipv6 = 10 };

// IPv4 stands in word[0]; the other words are then zero.
struct Address {
    be32 word[4];
};

TURNOUT_INLINE bool operator==(const Address& a, const Address& b) {
    return a.word[0] == b.word[0] && a.word[1] == b.word[1] && a.word[2] == b.word[2] &&
           a.word[3] == b.word[3];
}

// As they stand in IP headers.
TURNOUT_INLINE Address address_of(be32 ipv4) {
    return {{ipv4, be32{0}, be32{0}, be32{0}}};
}
TURNOUT_INLINE Address address_of(const be32 (&ipv6)[4]) {
    return {{ipv6[0], ipv6[1], ipv6[2], ipv6[3]}};
}

// An address in one word, for hashes.
TURNOUT_INLINE constexpr be32 one_word(const Address& a) {
    return {a.word[0].raw ^ a.word[1].raw ^ a.word[2].raw ^ a.word[3].raw};
}

TURNOUT_INLINE bool is_none(const Address& a) {
    return !(a.word[0].raw | a.word[1].raw | a.word[2].raw | a.word[3].raw);
}

// A transport address: what a service listens on, or a server.  Key of two maps.
struct Endpoint {
    Address address;
    be16 port;
    uint8_t protocol;
    Family family;
};
static_assert(sizeof(Endpoint) == 20);

}  // namespace turnout::abi
