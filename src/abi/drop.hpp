// Why a packet was dropped.  Append only: a number is never reused, for dashboards remember it.
#pragma once

#include <stdint.h>

namespace turnout::abi {

// X(name, number, text): the text names the reason in `turnout status`.
#define TURNOUT_DROP_REASONS(X)                                                     \
    X(table_full, 1, "connection table full")                                       \
    X(no_server, 2, "no server available")                                          \
    X(server_removed, 3, "connection of a removed server")                          \
    X(no_route, 4, "no route to the server or client")                              \
    X(no_tunnel_source, 5, "no local address for the tunnel")                       \
    X(ttl_expired, 6, "TTL expired")                                                \
    X(too_big, 7, "packet larger than the path MTU after encapsulation")            \
    X(send_failed, 8, "the kernel refused to rewrite or send the packet")           \
    X(no_call, 9, "no SIP Call-ID that persistence could go by")                    \
    X(tunnel_error, 10, "error about a tunnel, noted")                              \
    X(held_fragment, 11, "fragment before its first, held back")                    \
    X(lost_fragment, 12, "fragment without a first, or of a connection that ended") \
    X(defence, 13, "new connection refused by drop_packet")                         \
    X(stray, 14, "packet of a NAT server that belongs to no connection")            \
    X(out_of_order, 15, "segment of an FTP control connection before its turn")

enum class Drop : uint32_t {
    none = 0,
#define X(name, number, text) name = number,
    TURNOUT_DROP_REASONS(X)
#undef X
};

inline constexpr uint32_t drop_rows = 16;

}  // namespace turnout::abi
