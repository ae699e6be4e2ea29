// A stray: a packet of a NAT server that belongs to no connection.  With nat_icmp_send it is
// dropped and the server told, as in IPVS: it need not believe in the connection any longer.
//
// Only what the director would forward.  Its own connections to a server, such as those of a health
// check, are no connections of a service either, but packets to it are left to it.
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "path/parse_sctp.hpp"

namespace turnout {

// The end of a connection is no reason to tell that there is none.
TURNOUT_INLINE bool may_be_stray(const Packet& packet) {
    return !is_icmp_error(packet) && !(packet.tcp_flags & tcp_flag::rst) &&
           !has_chunk(packet, SctpChunk::abort);
}

// Does the packet come from a NAT server?  Then `opening.near_end` is the director's own address on
// the way to it.
template <TablesEnvironment Env>
TURNOUT_INLINE bool find_near_end(Env& env, const Packet& packet, Opening& opening) {
    abi::Endpoint sender{packet.source, packet.source_port, packet.protocol, packet.family};
    const abi::Address* address = env.near_end(sender);
    if (!address) {
        sender.protocol = 0;  // of a service by mark
        address = env.near_end(sender);
    }
    if (!address) return false;
    opening.near_end = *address;
    return true;
}

}  // namespace turnout
