// A packet as the short way sees it: where it is, and whose.
//
// A machine of BPF has five registers that outlast a look-up.  So little is carried along, and what
// the packet can tell again is read from it again.
#pragma once

#include <stdint.h>

#include "path/parse.hpp"
#include "wire/verifier.hpp"

namespace turnout::short_way {

inline constexpr Decision whole_way = {false, Verdict::pass};

// A packet whose headers have been found to be what the short way takes: the transport's stands
// right behind IP's.
template <class Ip>
struct Passage {
    Ip* ip;
    uint32_t length;  // of the IP packet
};

template <class Ip>
TURNOUT_INLINE EthernetHeader& ethernet_of(const Passage<Ip>& packet) {
    return *reinterpret_cast<EthernetHeader*>(reinterpret_cast<uint8_t*>(packet.ip) - ip_offset);
}

// Of UDP only the ports are such.
template <class Ip>
TURNOUT_INLINE TcpHeader& transport_of(const Passage<Ip>& packet) {
    return *reinterpret_cast<TcpHeader*>(packet.ip + 1);
}

template <class Ip>
TURNOUT_INLINE bool is_tcp(const Passage<Ip>& packet) {
    return static_cast<IpProtocol>(protocol_of(*packet.ip)) == IpProtocol::tcp;
}

TURNOUT_INLINE abi::Family family_of(const Ipv4Header&) {
    return abi::Family::ipv4;
}
TURNOUT_INLINE abi::Family family_of(const Ipv6Header&) {
    return abi::Family::ipv6;
}

// Not a part of a packet, and without options.
TURNOUT_INLINE bool is_plain(const Ipv4Header& ip) {
    uint32_t fragment = ip.fragment.raw;
    hold(fragment);  // one mask is enough
    return ip.version_and_length == 0x45 && !(fragment & ipv4_fragment::is_part.raw);
}
TURNOUT_INLINE bool is_plain(const Ipv6Header& ip) {
    return to_host(ip.version_class_label) >> 28 == 6;
}

// The least that TCP and UDP have: so all of the IP header is there.
template <class Ip>
struct [[gnu::packed]] Least {
    uint8_t ethernet[ip_offset];
    uint8_t ip[sizeof(Ip)];
    uint8_t transport[sizeof(UdpHeader)];
};
template <class Ip>
TURNOUT_INLINE bool has_least(const Window& window) {
    return header_at<Least<Ip>>(window, 0);
}

// Are there so many bytes?  A frame of XDP that is not whole in the window cannot go everywhere.
template <class Env>
TURNOUT_INLINE bool is_there(Env& env, const Window& window, uint32_t bytes) {
    if constexpr (Env::is_complete())
        return env.has(bytes);
    else
        return bytes <= static_cast<uint64_t>(window.end - window.begin);
}

// False unless it is a TCP segment of that kind, by its flags, or a datagram.
template <uint8_t segment, class Ip, class Env>
TURNOUT_INLINE bool read(Env& env, const Window& window, Passage<Ip>& packet) {
    constexpr uint8_t events = tcp_flag::rst | tcp_flag::syn | tcp_flag::fin | tcp_flag::ack;
    constexpr uint32_t behind_ip = ip_offset + sizeof(Ip);
    // The shorter of both has been looked for.
    if (sizeof(Ip) > sizeof(Ipv4Header) && !has_least<Ip>(window)) return false;
    packet.ip = reinterpret_cast<Ip*>(window.begin + ip_offset);
    hold(packet.ip);  // all else is found from here
    if (!is_plain(*packet.ip)) return false;
    uint32_t least = sizeof(Ip) + sizeof(UdpHeader);
    if (is_tcp(packet)) {
        if (!header_at<TcpHeader>(window, behind_ip)) return false;
        if ((transport_of(packet).flags & events) != segment) return false;
        least = sizeof(Ip) + sizeof(TcpHeader);
    } else if (static_cast<IpProtocol>(protocol_of(*packet.ip)) != IpProtocol::udp) {
        return false;
    }
    packet.length = length_of(*packet.ip);
    hold(packet.length);  // kept, and not read once more
    return packet.length >= least && is_there(env, window, ip_offset + packet.length);
}

// Is it the address that stands in an IP header?  Both are of one family.
TURNOUT_INLINE bool is(const abi::Address& address, be32 ipv4) {
    return address.word[0] == ipv4;
}
TURNOUT_INLINE bool is(const abi::Address& address, const be32 (&ipv6)[4]) {
    return address == abi::address_of(ipv6);
}
TURNOUT_INLINE bool are_same(const abi::Address& a, const abi::Address& b, const Ipv4Header&) {
    return a.word[0] == b.word[0];
}
TURNOUT_INLINE bool are_same(const abi::Address& a, const abi::Address& b, const Ipv6Header&) {
    return a == b;
}

// The two kinds of packet, by who sends it.
struct Request {
    static constexpr Direction direction = Direction::request;
};
struct Reply {
    static constexpr Direction direction = Direction::reply;
    const abi::ReplyService& service;  // the one that its sender serves
};

// The tuple of the packet's connection.
template <class Ip>
TURNOUT_INLINE abi::Tuple tuple_of(const Passage<Ip>& packet, Request) {
    const Ip& ip = *packet.ip;
    const Ports& ports = transport_of(packet).ports;
    return {abi::address_of(ip.source),
            abi::address_of(ip.destination),
            ports.source,
            ports.destination,
            protocol_of(ip),
            family_of(ip),
            abi::TupleKind::connection};
}
template <class Ip>
TURNOUT_INLINE abi::Tuple tuple_of(const Passage<Ip>& packet, Reply reply) {
    const Ip& ip = *packet.ip;
    return {abi::address_of(ip.destination),
            reply.service.virtual_address,
            transport_of(packet).ports.destination,
            reply.service.virtual_port,
            protocol_of(ip),
            family_of(ip),
            abi::TupleKind::connection};
}

}  // namespace turnout::short_way
