// GRE (RFC 2784): the header between an outer IP header and the packet inside.
#pragma once

#include <stdint.h>

#include "wire/integers.hpp"

namespace turnout {

struct GreHeader {
    be16 flags_and_version;  // gre_flag bits; the version, in the lowest three bits, is 0
    be16 protocol;           // an EtherType: what is inside
};
static_assert(sizeof(GreHeader) == 4);

// Follows the header if gre_flag::checksum is set.
struct GreChecksum {
    be16 checksum;  // over the GRE header and all that is inside, this field taken as 0
    be16 reserved;
};
static_assert(sizeof(GreChecksum) == 4);

namespace gre_flag {
inline constexpr be16 checksum = to_be(uint16_t{0x8000});
}  // namespace gre_flag

}  // namespace turnout
