// Where things stand in a packet, and what its checksums should be: read from bytes alone, whatever
// they are, by code that shares nothing with the data plane's.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "packet/packet.hpp"

namespace turnout::test {

inline constexpr size_t ethernet_size = 14;

inline constexpr uint8_t icmp_protocol = 1, ipv4_in_ip = 4, tcp_protocol = 6, udp_protocol = 17,
                         ipv6_in_ip = 41, fragment_extension = 44, gre_protocol = 47,
                         icmpv6_protocol = 58, sctp_protocol = 132;

inline uint16_t get16(const Bytes& bytes, size_t at) {
    return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
inline void set16(Bytes& bytes, size_t at, uint16_t value) {
    bytes[at] = static_cast<uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<uint8_t>(value);
}

// The sum of RFC 1071 over [from, to), in host arithmetic, and what makes it a checksum.
uint32_t sum(const Bytes& bytes, size_t from, size_t to);
uint16_t complement(uint32_t total);

// The packet whose IP header is at `ip`.  Of one that is not whole only whole() may be asked.
struct View {
    const Bytes& bytes;
    size_t ip = ethernet_size;

    // Headers and lengths hold together and stay within the bytes.
    bool whole() const;

    bool is_ipv6() const { return bytes[ip] >> 4 == 6; }
    size_t header_size() const { return is_ipv6() ? 40 : (bytes[ip] & 15u) * 4u; }
    size_t end() const {
        return ip + get16(bytes, ip + (is_ipv6() ? 4 : 2)) + (is_ipv6() ? 40 : 0);
    }
    size_t addresses() const { return ip + (is_ipv6() ? 8 : 12); }
    size_t address_size() const { return is_ipv6() ? 16 : 4; }
    // No checksum covers a fragment alone.
    bool is_fragment() const {
        if (is_ipv6()) return transport().first == fragment_extension;
        return get16(bytes, ip + 6) & 0x3fff;
    }
    // The protocol that the packet carries, and where it begins.
    std::pair<uint8_t, size_t> transport() const;
    // Where the packet inside begins, in a tunnel's packet; else nothing.
    std::optional<size_t> inside() const;
};

// As the field should be if it holds 0 now; 0 if it holds what it should.
uint16_t transport_checksum(const View& packet);
uint16_t icmp_checksum(const View& packet);
// As the field should be; and as it is.
uint32_t sctp_checksum(const View& packet);
uint32_t sctp_checksum_in(const View& packet);

// Writes the checksum of what the frame's packet carries, or of its IPv4 header.
void set_transport_checksum(Bytes& frame);
void set_header_checksum(Bytes& frame);

}  // namespace turnout::test
