// Step 7: count the packet, for its server and so for its service.
//
// Bytes are those of the IP packet, as IPVS counts them; and as there, a removed server's replies,
// which still go their way, count for nobody.
#pragma once

#include "path/find_connection.hpp"

namespace turnout {

template <TablesEnvironment Env>
TURNOUT_INLINE void account(Env& env, uint32_t server, Direction direction, uint32_t bytes) {
    abi::TrafficCounters* traffic = env.traffic(server, direction);
    if (!traffic) return;
    traffic->packets += 1;
    traffic->bytes += bytes;
}

template <Environment Env>
TURNOUT_INLINE void account(Env& env, const Packet& packet, const Flow& flow,
                            const abi::Server& server) {
    if (server.flags & abi::server_flag::removed) return;
    account(env, flow.connection->server, flow.direction, packet.ip_length);
}

}  // namespace turnout
