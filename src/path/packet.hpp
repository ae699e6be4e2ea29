// What parsing learns of a packet.
//
// A plain struct: it crosses into functions of their own in the kernel.
#pragma once

#include <stdint.h>

#include "abi/address.hpp"
#include "wire/ethernet.hpp"

namespace turnout {

inline constexpr uint32_t ip_offset = sizeof(EthernetHeader);

enum class Direction : uint8_t { request, reply };

// Of a packet that came in fragments only the first has ports.
enum class Part : uint8_t { whole, first, later };

// An ICMP error belongs to the flow of the packet that it quotes, and goes the opposite way: its
// addresses and ports here are those of an answer to that packet.
struct Packet {
    abi::Address source;
    abi::Address destination;
    be16 source_port;
    be16 destination_port;
    uint8_t protocol;
    abi::Family family;
    uint8_t ttl;         // IPv6: the hop limit
    uint8_t tos;         // IPv6: the traffic class
    uint8_t tcp_flags;   // tcp_flag bits; 0 for all but TCP
    uint8_t sctp_chunk;  // of SCTP: the SctpChunk that decides; see path/parse_sctp.hpp
    bool dont_fragment;  // the DF bit, which IPv6 does not have
    Part part;
    be32 fragment_id;           // what the fragments of a packet have in common
    uint32_t transport_offset;  // from the Ethernet header
    uint32_t ip_length;         // bytes, IP header included
    // Of an ICMP error: the IP header that it quotes, and what is behind that; else 0.
    uint32_t quoted_offset;
    uint32_t quoted_transport;
    // The error is about a tunnel of ours.  Then what is told here, and what is quoted, is the
    // packet that was in the tunnel, and so a request.
    bool about_tunnel;
};

TURNOUT_INLINE bool is_icmp_error(const Packet& packet) {
    return packet.quoted_offset != 0;
}

// An error that we send.
struct IcmpError {
    uint8_t type;
    uint8_t code;
    uint32_t parameter;  // the MTU, where the packet was too big
};

// What became of an error about a tunnel.
enum class Relayed : uint32_t {
    not_ours,  // it is about another's tunnel
    taken,     // nobody needs to be told
    turned,    // it is an error for the client now
};

// What is to become of a segment of an FTP control connection.
enum class Helped : uint32_t {
    goes_on,
    expects_data,  // and a data connection has been agreed on
    out_of_order,  // it is dropped: what it follows has to come first
};

// `splices`: so many are to be made, by splice().
struct Help {
    Helped helped;
    uint32_t splices;
};

// One end of a packet before and after.
struct Rewrite {
    abi::Address from, to;
    be16 port_from, port_to;
};

}  // namespace turnout
