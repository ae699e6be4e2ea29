// Step 3: does a service want this packet, and which server gets the connection?
//
// The rare part of the way, taken once a connection.  The BPF binding keeps schedule(),
// pair_with_reply_record() and the table's insert() functions of their own, which the verifier
// checks once each.
#pragma once

#include <stdint.h>

#include "path/find_connection.hpp"
#include "path/schedulers/choice.hpp"
#include "path/schedulers/least.hpp"
#include "path/schedulers/rr.hpp"
#include "path/schedulers/wrr.hpp"
#include "table/sweep.hpp"
#include "table/table.hpp"

namespace turnout {

// What a service says to a new connection.
enum class Answer : uint8_t {
    server,     // the one chosen
    not_ours,   // there is no such service
    no_server,  // it has no server available
};

struct Scheduled {
    Answer answer;
    uint32_t server;
};

// IPVS schedules TCP on a SYN without RST, UDP on any packet; never from the FTP data port, whose
// connections the helper makes.
TURNOUT_INLINE bool may_open(const Packet& packet) {
    constexpr be16 ftp_data = to_be(uint16_t{20});
    if (packet.source_port == ftp_data) return false;
    if (static_cast<IpProtocol>(packet.protocol) == IpProtocol::udp) return true;
    return (packet.tcp_flags & (tcp_flag::syn | tcp_flag::rst)) == tcp_flag::syn;
}

// An ended TCP connection makes way for a new one from the same port (conn_reuse_mode 1).
TURNOUT_INLINE bool makes_way(const abi::Connection& connection, const Packet& packet) {
    if (!(packet.tcp_flags & tcp_flag::syn)) return false;
    const auto state = static_cast<abi::State>(connection.status & abi::status::state_mask);
    return state == abi::State::time_wait || state == abi::State::close;
}

// The scheduler's choice among a plan's candidates.  A new scheduler is one line here.
template <TablesEnvironment Env>
TURNOUT_INLINE Choice choose(Env& env, const abi::Plan& plan, abi::Cursor& cursor) {
    switch (plan.scheduler) {
        case abi::Scheduler::rr:
            return rr::choose(env, plan, cursor);
        case abi::Scheduler::wrr:
            return wrr::choose(env, plan, cursor);
        case abi::Scheduler::lc:
            return least::choose(env, plan, false);
        case abi::Scheduler::wlc:
            return least::choose(env, plan, true);
        case abi::Scheduler::none:
            break;
    }
    return {};
}

// Which server gets a connection of this tuple?
template <TablesEnvironment Env>
TURNOUT_INLINE Scheduled schedule(Env& env, const abi::Tuple& tuple) {
    const uint32_t* id =
        env.service_id({tuple.virtual_address, tuple.virtual_port, tuple.protocol, tuple.family});
    if (!id) return {Answer::not_ours, 0};
    const abi::Service* service = env.service(*id);
    abi::Cursor* cursor = env.cursor(*id);
    const abi::Plan* plan = service ? env.plan(load_once(service->plan)) : nullptr;
    if (!cursor || !plan) return {Answer::not_ours, 0};
    const Choice choice = choose(env, *plan, *cursor);
    return {choice.found ? Answer::server : Answer::no_server, choice.server};
}

// Makes a reply record beside the connection at `location`, if the address of its NAT server alone
// would lead replies to another service.
template <TablesEnvironment Env>
TURNOUT_INLINE void pair_with_reply_record(Env& env, const abi::Tuple& tuple,
                                           const abi::Server& server, Location location,
                                           abi::Tick now) {
    const abi::ReplyService* service =
        env.reply_service({server.address, server.port, tuple.protocol, tuple.family});
    if (!service || (service->virtual_port == tuple.virtual_port &&
                     service->virtual_address == tuple.virtual_address))
        return;
    abi::Tuple reply_tuple = tuple;
    reply_tuple.kind = abi::TupleKind::reply;
    reply_tuple.virtual_address = server.address;
    reply_tuple.virtual_port = server.port;
    // Without having looked: a bucket that is not empty makes insert() look first.
    const uint32_t not_seen = 0;
    const Location reply = env.insert(reply_tuple, 0, 0, not_seen, now).location;
    abi::Connection* connection = at(env, location);
    abi::Connection* pointer = at(env, reply);
    if (!connection || !pointer) return;
    pointer->link = location;
    connection->link = reply;
}

// Opens a connection to the server for `tuple`, which a look-up at bucket state `seen` did not
// find.  No location: the table is full.
template <TablesEnvironment Env>
TURNOUT_INLINE Location connect(Env& env, const abi::Tuple& tuple, uint32_t server_id,
                                uint32_t seen, abi::Tick now) {
    const abi::Server* server = env.server(server_id);
    abi::ServerState* state = env.server_state(server_id);
    if (!server || !state) return 0;
    const bool nat = server->method == abi::Method::nat;
    const uint32_t status = static_cast<uint32_t>(server->method) << abi::status::method_shift |
                            (nat ? 0 : abi::status::no_output);
    const Inserted made = env.insert(tuple, status, server_id, seen, now);
    if (!made.inserted) return made.location;
    add(state->load, abi::load::inactive_one);
    if (abi::Counters* counters = env.counters(server_id)) counters->connections += 1;
    if (nat) env.pair(tuple, server_id, made.location, now);
    return made.location;
}

}  // namespace turnout
