// Beside step 7: where the ends of a TCP connection stand, for services whose idle connections end
// with a RST (table/ending.hpp).
//
// The client alone is listened to, for its packets are all that a director sees in direct routing
// and tunnelling: what it has sent, and what it has acknowledged.
#pragma once

#include <stdint.h>

#include "path/find_connection.hpp"
#include "wire/transport.hpp"

namespace turnout {

// Connections are worth it from the moment they are established.
TURNOUT_INLINE bool wants_sequences(const abi::Server& server, const Packet& packet,
                                    const Flow& flow) {
    if (!(server.flags & abi::server_flag::resets_idle)) return false;
    const uint32_t status = load_once(flow.connection->status);
    return flow.direction == Direction::request &&
           static_cast<IpProtocol>(packet.protocol) == IpProtocol::tcp &&
           !(status & (abi::status::stateless | abi::status::dead)) &&
           static_cast<abi::State>(status & abi::status::state_mask) == abi::State::established;
}

namespace detail {

// Of several packets that may come in any order, the furthest counts (RFC 9293, section 3.4).
TURNOUT_INLINE void advance(uint32_t& number, uint32_t to) {
    if (static_cast<int32_t>(to - load_once(number)) > 0) store_once(number, to);
}

// How many numbers the segment takes; of one in fragments, the first of them.
TURNOUT_INLINE uint32_t sequence_length(const Packet& packet, const TcpHeader& tcp) {
    const uint32_t headers = packet.transport_offset - ip_offset + header_length(tcp);
    const uint32_t payload = packet.ip_length > headers ? packet.ip_length - headers : 0;
    const uint32_t fin = tcp.flags & tcp_flag::fin ? 1 : 0;
    return payload + fin;
}

}  // namespace detail

// Notes what a client's segment tells.  `location`: of its connection.
template <Environment Env>
TURNOUT_INLINE void note_sequences(Env& env, const Packet& packet, Location location) {
    const auto* tcp = header_at<TcpHeader>(env.window(), packet.transport_offset);
    if (!tcp || !(tcp->flags & tcp_flag::ack)) return;
    const abi::Sequences told{
        to_host(tcp->sequence) + detail::sequence_length(packet, *tcp),
        to_host(tcp->acknowledgement),
    };
    abi::Connection* connection = at(env, location);
    abi::Sequences* known = env.sequences(location);
    if (!connection || !known) return;
    const uint32_t status = load_once(connection->status);
    if (status & abi::status::noted) {
        detail::advance(known->client_next, told.client_next);
        detail::advance(known->server_next, told.server_next);
    } else {
        *known = told;
        set_bits(connection->status, abi::status::noted);
    }
    if (status & abi::status::told) clear_bits(connection->status, abi::status::told);
}

}  // namespace turnout
