// The tunnels with a header of their own between the outer IP header and the packet: GUE and GRE.
#pragma once

#include "path/forwarding/gre.hpp"
#include "path/forwarding/gue.hpp"
#include "path/forwarding/tunnel.hpp"
#include "path/forwarding/tunnel_checksum.hpp"

namespace turnout {

// See Environment::wrap.
template <class Env>
TURNOUT_INLINE bool wrap(Env& env, const Packet& packet, uint32_t server_id, bool in_pieces) {
    const abi::Server* server = env.server(server_id);
    if (!server) return false;
    const InnerSum how = inner_sum_of(env, packet, *server);
    const uint64_t inner = sum_inner(env, packet, how);
    const bool with_checksum = how != InnerSum::not_wanted;
    if (!put_outer_header(env, packet, *server, tunnel_header_size(*server, with_checksum),
                          tunnel_protocol(*server, packet.family), !in_pieces))
        return false;
    return server->tunnel_type == abi::TunnelType::gue
               ? write_gue(env, packet, *server, with_checksum, inner)
               : write_gre(env, packet, *server, with_checksum, inner);
}

}  // namespace turnout
