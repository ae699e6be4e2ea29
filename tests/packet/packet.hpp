// The one packet vocabulary of all tests: frames are written as values, built with right checksums,
// and checked by an implementation of the checksum that shares nothing with the data plane's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/service.hpp"

namespace turnout::test {

using Bytes = std::vector<uint8_t>;
using MacBytes = std::array<uint8_t, 6>;

inline constexpr MacBytes director_mac{2, 0, 0, 0, 0, 1};
inline constexpr MacBytes client_mac{2, 0, 0, 0, 0, 2};
inline constexpr MacBytes server_mac{2, 0, 0, 0, 0, 3};

// IPv6's extension header: its bytes but the first, which tells what follows.
struct Extension {
    uint8_t type;
    Bytes rest;
};

// A header of the family that its addresses are of.
struct Ip {
    model::Address source, destination;
    uint8_t ttl = 64;  // IPv6: hop limit
    uint8_t tos = 0;   // IPv6: traffic class
    // IPv4 alone
    bool dont_fragment = true;
    uint16_t fragment_offset = 0;  // in units of eight bytes
    bool more_fragments = false;
    uint16_t id = 0x1234;
    Bytes options = {};  // a multiple of four bytes
    // IPv6 alone
    std::vector<Extension> extensions = {};
};

struct Tcp {
    uint16_t source_port, destination_port;
    uint8_t flags;
    uint32_t sequence = 1, acknowledgement = 2;
    Bytes options = {};  // a multiple of four bytes
};

struct Udp {
    uint16_t source_port, destination_port;
    bool checksum = true;
};

// Where GUE tunnels end: UDP to this port is GUE.
inline constexpr uint16_t gue_port = 6080;
// GUE's source port is the director's own choice: 0 stands for any that it may choose.
inline constexpr uint16_t any_port = 0, first_own_port = 32768, last_own_port = 60999;

// `chunks`: the types of the packet's chunks, each of which is a header, and the first all of the
// payload.
struct Sctp {
    uint16_t source_port, destination_port;
    std::vector<uint8_t> chunks;
};

inline constexpr uint8_t DATA = 0, INIT = 1, INIT_ACK = 2, ABORT = 6, SHUTDOWN = 7,
                         SHUTDOWN_ACK = 8, COOKIE_ECHO = 10, COOKIE_ACK = 11,
                         SHUTDOWN_COMPLETE = 14;

inline constexpr uint8_t FIN = 1, SYN = 2, RST = 4, ACK = 16;

struct Ethernet {
    MacBytes destination = director_mac, source = client_mac;
    std::optional<uint16_t> type = {};  // else what the packet is
};

Bytes frame(const Ip& ip, const Tcp& tcp, const std::string& payload = "",
            const Ethernet& ethernet = {});
Bytes frame(const Ip& ip, const Udp& udp, const std::string& payload = "",
            const Ethernet& ethernet = {});
Bytes frame(const Ip& ip, const Sctp& sctp, const std::string& payload = "",
            const Ethernet& ethernet = {});
// Any other protocol, or what only claims to be one.
Bytes frame(const Ip& ip, uint8_t protocol, const Bytes& payload, const Ethernet& ethernet = {});
// An ICMP error, of the family of `ip`, about a frame's IP packet, of which it quotes the header
// and so many bytes of what follows.
struct Icmp {
    uint8_t type, code;
    uint32_t parameter = 0;
    size_t quoted = 8;
};
Bytes frame(const Ip& ip, const Icmp& icmp, const Bytes& about, const Ethernet& ethernet = {});
// A frame's packet in fragments of so many bytes behind their headers, a multiple of eight.
std::vector<Bytes> fragments(const Bytes& whole, size_t bytes);
// `inner` behind an outer header and what a tunnel of that kind adds, under the same Ethernet
// addresses.
Bytes tunnelled(const Ip& outer, const Bytes& inner, const model::Tunnel& kind = {},
                uint16_t gue_source = any_port);

// Does the frame's packet go to a GUE port?
bool is_gue(const Bytes& frame);
// Clears what the director draws at random: the identification of an IPv4 header of its own, of a
// tunnel or an error, when that allows fragmentation; that of IPv6 fragments of its own.
void forget_identification(Bytes& frame);
// Empty if every checksum of the frame (also of a tunnelled packet) is right, else what is wrong.
std::string checksum_fault(const Bytes& frame);
// Addresses, ports, TTL and flags in one line, for messages.
std::string describe(const Bytes& frame);

}  // namespace turnout::test
