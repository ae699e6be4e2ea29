// Step 2: which connection does the packet belong to, in which direction?
#pragma once

#include <stdint.h>

#include "path/parse.hpp"
#include "table/sweep.hpp"
#include "table/table.hpp"

namespace turnout {

// What the pipeline learns about a packet's way.
struct Flow {
    Direction direction;
    abi::Connection* connection;  // null: none yet
    Location location;
    uint32_t seen;  // state of the bucket it belongs to: what opening one builds on
};

TURNOUT_INLINE abi::Tuple request_tuple(const Packet& packet) {
    return {packet.source,   packet.destination, packet.source_port,        packet.destination_port,
            packet.protocol, packet.family,      abi::TupleKind::connection};
}

// The tuple of the connection that a server's packet replies to, given the address it serves.
TURNOUT_INLINE abi::Tuple reply_tuple(const Packet& packet, const abi::Address& virtual_address,
                                      be16 virtual_port, abi::TupleKind kind) {
    return {packet.destination,
            virtual_address,
            packet.destination_port,
            virtual_port,
            packet.protocol,
            packet.family,
            kind};
}

namespace detail {

template <Environment Env>
TURNOUT_INLINE bool came_from_server(Env& env, const abi::Connection& connection,
                                     const abi::Address& source, be16 port) {
    if (abi::method_of(connection.status) != abi::Method::nat) return false;
    const abi::Server* server = env.server(connection.server);
    return server && server_port(connection, *server) == port && server->address == source;
}

template <Environment Env>
TURNOUT_INLINE bool came_from_server(Env& env, const abi::Connection& connection,
                                     const Packet& packet) {
    return came_from_server(env, connection, packet.source, packet.source_port);
}

// A server whose address does not tell the service: its reply record names the connection.
template <Environment Env>
TURNOUT_INLINE void follow_reply_record(Env& env, const Packet& packet, abi::Tick now, Flow& flow) {
    Opening* const room = env.opening();
    flow.direction = Direction::reply;
    flow.connection = nullptr;
    if (!room) return;
    abi::Tuple& tuple = room->aside.tuple;
    tuple = reply_tuple(packet, packet.source, packet.source_port, abi::TupleKind::reply);
    const abi::Connection* pointer = at(env, env.find(tuple, now).location);
    flow.location = pointer ? load_once(pointer->link) : 0;
    flow.connection = at(env, flow.location);
    if (flow.connection &&
        (!is_reply_of(env, tuple, *flow.connection) || !alive(*flow.connection, now) ||
         !came_from_server(env, *flow.connection, packet)))
        flow.connection = nullptr;
}

// What may lead a server's packet to its connection, but for the server's own address.
TURNOUT_INLINE bool may_have_reply_record(const abi::Settings& settings,
                                          const abi::ReplyService* replies) {
    // Data connections of FTP come from ports that are no server's of any service.
    constexpr uint32_t wild = abi::settings_flag::wild_replies;
    const uint32_t led = replies ? wild : wild | abi::settings_flag::ftp_data;
    return (replies && replies->shared) || settings.flags & led;
}

// A packet for a service's address that is no request of a connection: it may be a server's all the
// same, to a client on the director itself.
template <Environment Env>
TURNOUT_INLINE void find_as_reply(Env& env, const abi::Settings& settings, const Packet& packet,
                                  abi::Tick now, Flow& flow) {
    const Flow as_request = flow;
    const abi::ReplyService* replies =
        env.reply_service({packet.source, packet.source_port, packet.protocol, packet.family});
    if (may_have_reply_record(settings, replies)) follow_reply_record(env, packet, now, flow);
    Opening* const room = env.opening();
    if (!flow.connection && replies && room) {
        flow.direction = Direction::reply;
        room->aside.tuple = reply_tuple(packet, replies->virtual_address, replies->virtual_port,
                                        abi::TupleKind::connection);
        flow.location = env.find(room->aside.tuple, now).location;
        flow.connection = at(env, flow.location);
        if (flow.connection && !came_from_server(env, *flow.connection, packet))
            flow.connection = nullptr;
    }
    if (!flow.connection) flow = as_request;
}

}  // namespace detail

template <Environment Env>
TURNOUT_INLINE bool may_be_service(Env& env, const abi::Address& address) {
    return audience(env, address) & abi::filter::service;
}

// May the packet be for a service, or come from a NAT server?
template <Environment Env>
TURNOUT_INLINE bool may_be_ours(Env& env, const Packet& packet) {
    return may_be_service(env, packet.destination) ||
           audience(env, packet.source) & abi::filter::nat_server;
}

// False when the packet concerns no service.  Else the flow has a connection, or is a request that
// may open one.
//
// One look-up is all that nearly every packet takes.  What a NAT server sends may need another,
// when the server's address does not tell its service; so does a request without a connection that
// a NAT server sends, being itself a client.
template <Environment Env>
TURNOUT_INLINE bool find_flow(Env& env, const abi::Settings& settings, const Packet& packet,
                              abi::Tick now, Flow& flow) {
    const abi::ReplyService* replies = nullptr;
    if (!may_be_service(env, packet.destination)) {
        if (!(audience(env, packet.source) & abi::filter::nat_server)) return false;
        replies =
            env.reply_service({packet.source, packet.source_port, packet.protocol, packet.family});
        if (detail::may_have_reply_record(settings, replies)) {
            detail::follow_reply_record(env, packet, now, flow);
            if (flow.connection) return true;
        }
        if (!replies) return false;
    }
    flow.direction = replies ? Direction::reply : Direction::request;
    const abi::Tuple tuple = replies
                                 ? reply_tuple(packet, replies->virtual_address,
                                               replies->virtual_port, abi::TupleKind::connection)
                                 : request_tuple(packet);
    const Searched found = env.find(tuple, now);
    flow.connection = at(env, found.location);
    flow.location = found.location;
    flow.seen = found.seen;
    if (replies) {
        if (flow.connection && !detail::came_from_server(env, *flow.connection, packet))
            flow.connection = nullptr;
        return flow.connection != nullptr;
    }
    if (!flow.connection && audience(env, packet.source) & abi::filter::nat_server)
        detail::find_as_reply(env, settings, packet, now, flow);
    return true;
}

}  // namespace turnout
