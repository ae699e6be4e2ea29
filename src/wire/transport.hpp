// TCP (RFC 9293) and UDP (RFC 768) headers, as far as a director reads them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "wire/integers.hpp"
#include "wire/ip.hpp"

namespace turnout {

struct Ports {
    be16 source;
    be16 destination;
};

struct TcpHeader {
    Ports ports;
    be32 sequence;
    be32 acknowledgement;
    uint8_t data_offset;  // high nibble: the header's length in 32-bit words
    uint8_t flags;        // tcp_flag bits
    be16 window;
    be16 checksum;
    be16 urgent;
};
static_assert(sizeof(TcpHeader) == 20);

namespace tcp_flag {
inline constexpr uint8_t fin = 0x01;
inline constexpr uint8_t syn = 0x02;
inline constexpr uint8_t rst = 0x04;
inline constexpr uint8_t ack = 0x10;
}  // namespace tcp_flag

// What follows the header, up to the length that data_offset tells (RFC 9293, section 3.1).
struct TcpOption {
    uint8_t kind;    // see tcp_option
    uint8_t length;  // in bytes, kind and length included; end and filler have none
};

// In SYN and SYN-ACK: the largest segment that the sender of the option takes.
struct TcpMssOption {
    TcpOption head;
    be16 value;
};
static_assert(sizeof(TcpMssOption) == 4);

namespace tcp_option {
inline constexpr uint8_t end = 0;
inline constexpr uint8_t filler = 1;
inline constexpr uint8_t mss = 2;
inline constexpr uint8_t sack = 5;          // RFC 2018: pairs of sequence numbers
inline constexpr uint32_t most_bytes = 40;  // of all of them
}  // namespace tcp_option

// In bytes; less than 20 when the header is malformed.
TURNOUT_INLINE uint32_t header_length(const TcpHeader& tcp) {
    return (tcp.data_offset >> 4) * 4u;
}

struct UdpHeader {
    Ports ports;
    be16 length;
    be16 checksum;  // 0: none (IPv4 only)
};
static_assert(sizeof(UdpHeader) == 8);

// Where the checksum stands in a TCP or UDP header.
TURNOUT_INLINE uint32_t checksum_field(uint8_t protocol) {
    const bool udp = static_cast<IpProtocol>(protocol) == IpProtocol::udp;
    return static_cast<uint32_t>(udp ? offsetof(UdpHeader, checksum)
                                     : offsetof(TcpHeader, checksum));
}

}  // namespace turnout
