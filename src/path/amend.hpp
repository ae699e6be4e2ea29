// Amending a transport checksum where it lies: what XDP and plain memory do; tc asks the kernel,
// which also knows of checksums left to the hardware.
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "wire/checksum.hpp"

namespace turnout {

// See Environment::amend_checksum.
TURNOUT_INLINE bool amend_in_place(const Window& window, uint32_t offset, uint64_t address_diff,
                                   uint64_t port_diff, bool optional) {
    auto* checksum = header_at<be16>(window, offset);
    if (!checksum) return false;
    if (optional && checksum->raw == 0) return true;
    be16 amended = updated(*checksum, address_diff + port_diff);
    // RFC 768: a checksum that computes to zero is sent as all ones.
    if (optional && amended.raw == 0) amended.raw = 0xffff;
    *checksum = amended;
    return true;
}

}  // namespace turnout
