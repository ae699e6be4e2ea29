// SCTP (RFC 9260), as far as a director reads it: the common header, and what chunks begin with.
#pragma once

#include <stdint.h>

#include "wire/transport.hpp"

namespace turnout {

struct SctpHeader {
    Ports ports;
    be32 verification_tag;
    le32 checksum;  // see wire/crc32c.hpp
};
static_assert(sizeof(SctpHeader) == 12);

struct SctpChunkHeader {
    uint8_t type;  // an SctpChunk
    uint8_t flags;
    be16 length;  // bytes, this header included; padding to a multiple of four is not
};
static_assert(sizeof(SctpChunkHeader) == 4);

enum class SctpChunk : uint8_t {
    data = 0,
    init = 1,
    init_ack = 2,
    sack = 3,
    heartbeat = 4,
    heartbeat_ack = 5,
    abort = 6,
    shutdown = 7,
    shutdown_ack = 8,
    error = 9,
    cookie_echo = 10,
    cookie_ack = 11,
    shutdown_complete = 14,
};

}  // namespace turnout
