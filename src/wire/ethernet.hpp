// The Ethernet II header (IEEE 802.3).
#pragma once

#include <stdint.h>

#include "wire/integers.hpp"

namespace turnout {

// As six bytes on the wire.  Halves, not bytes: two-byte accesses suit every alignment a header
// can have and are what strict-alignment verifiers accept.
struct Mac {
    uint16_t half[3];
};

TURNOUT_INLINE bool operator==(const Mac& a, const Mac& b) {
    return a.half[0] == b.half[0] && a.half[1] == b.half[1] && a.half[2] == b.half[2];
}

struct EthernetHeader {
    Mac destination;
    Mac source;
    be16 type;
};
static_assert(sizeof(EthernetHeader) == 14);

enum class EtherType : uint16_t { ipv4 = 0x0800, ipv6 = 0x86dd };

TURNOUT_INLINE bool is(be16 field, EtherType type) {
    return field == to_be(static_cast<uint16_t>(type));
}

}  // namespace turnout
