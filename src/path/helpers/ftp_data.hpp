// FTP's data connections, which are agreed on over the control connection (ftp_control.hpp).
//
// As in IPVS, a record in LISTEN waits for one, for two minutes.  A client that opens it finds the
// record by its own address and the server's port (its own port is not known yet, and 0); a server
// that opens it, from whatever port, by a reply record whose port is 0.  A control connection has
// one such record at a time, and does not end before its data connections: see
// table/data_connections.hpp.
#pragma once

#include <stdint.h>

#include "path/make_connection.hpp"
#include "path/opening.hpp"
#include "table/data_connections.hpp"

namespace turnout {

namespace detail {

template <TablesEnvironment Env>
TURNOUT_INLINE bool waits(Env& env, Location location, abi::Tick now) {
    const abi::Connection* record = at(env, location);
    return record && is_waiting_for_data(*record) && alive(*record, now);
}

// `control`: location of the connection whose record it is; another may have taken its line.
template <TablesEnvironment Env>
TURNOUT_INLINE void end_waiting(Env& env, Location location, Location control, abi::Tick now) {
    abi::Connection* record = at(env, location);
    if (record && record->link == control && is_waiting_for_data(*record))
        end_wholly(env, *record, load_once(record->status), now);
}

// The record that waits for what the control connection has agreed on.
TURNOUT_INLINE void describe_waiting(const abi::Connection& parent, const abi::FtpControl& control,
                                     const abi::Server& server, abi::Connection& record) {
    const be16 port = to_be(control.wanted_port);
    record = {};
    record.tuple = parent.tuple;
    record.server = parent.server;
    record.status = static_cast<uint32_t>(abi::State::listen) | abi::status::data;
    if (!control.wanted_actively) {
        record.tuple.client_port = be16{0};
        record.tuple.virtual_port = port;
        record.status |= abi::status::keeps_port;
        return;
    }
    const bool same_port = server_port(parent, server) == parent.tuple.virtual_port;
    record.tuple.client_port = port;
    record.tuple.virtual_port = below(parent.tuple.virtual_port);
    record.status |= same_port ? abi::status::keeps_port : abi::status::port_below;
}

// A reply record that leads the server's packets from that port, or from any (0), to the record.
template <TablesEnvironment Env>
TURNOUT_INLINE void lead_server(Env& env, const abi::Connection& record, const abi::Server& server,
                                be16 port, Location location, abi::Connection& pointer) {
    pointer = {};
    pointer.tuple = record.tuple;
    pointer.tuple.kind = abi::TupleKind::reply;
    pointer.tuple.virtual_address = server.address;
    pointer.tuple.virtual_port = port;
    pointer.last_seen = record.last_seen;
    pointer.link = location;
    const Inserted made = env.insert(pointer, not_seen);
    if (abi::Connection* found = at(env, made.location)) store_once(found->link, location);
}

// A record of the same tuple gives way, unless it is a data connection to the same server, whose
// ports the client uses once more.
template <TablesEnvironment Env>
TURNOUT_INLINE Location insert_waiting(Env& env, const abi::Connection& record, abi::Tick now) {
    Inserted made = env.insert(record, not_seen);
    abi::Connection* other = made.inserted ? nullptr : at(env, made.location);
    if (!other || (other->server == record.server && !is_waiting_for_data(*other)))
        return made.inserted ? made.location : 0;
    end_wholly(env, *other, load_once(other->status), now);
    made = env.insert(record, not_seen);
    return made.inserted ? made.location : 0;
}

}  // namespace detail

// Makes the record that waits for the data connection; the one before is not needed any more.
template <TablesEnvironment Env>
TURNOUT_INLINE void expect_data(Env& env, Location location, abi::Tick now) {
    const abi::Connection* parent = at(env, location);
    abi::FtpControl* control = env.ftp_control(location);
    Opening* room = env.opening();
    const abi::Server* server = parent ? env.server(parent->server) : nullptr;
    const abi::Timeouts* timeouts = server ? env.timeouts(server->timeouts) : nullptr;
    abi::ServerState* state = parent ? env.server_state(parent->server) : nullptr;
    if (!control || !room || !timeouts || !state) return;
    detail::end_waiting(env, control->expected, location, now);
    control->expected = 0;
    abi::Connection& record = room->record;
    detail::describe_waiting(*parent, *control, *server, record);
    record.last_seen = now;
    record.timeout = timeouts->timeout[static_cast<uint32_t>(abi::State::listen)];
    record.link = location;
    const Location made = detail::insert_waiting(env, record, now);
    if (!made) return;
    bind_connection(env, *state, false);
    control->expected = made;
    note_ftp_data(env, now);
    if (!control->wanted_actively) return;
    detail::lead_server(env, record, *server, server_port(record, *server), made, room->aside);
    detail::lead_server(env, record, *server, be16{0}, made, room->aside);
}

// Is it a data connection that the client's control connection waits for?  Then the opening tells
// its server.
template <TablesEnvironment Env>
TURNOUT_INLINE bool is_expected(Env& env, Opening& opening) {
    abi::Tuple& wanted = opening.aside.tuple;
    wanted = opening.record.tuple;
    if (static_cast<IpProtocol>(wanted.protocol) != IpProtocol::tcp) return false;
    wanted.client_port = be16{0};
    const abi::Tick now = opening.record.last_seen;
    opening.expected = env.find(wanted, now).location;
    const abi::Connection* record = at(env, opening.expected);
    if (!record || !is_waiting_for_data(*record)) return false;
    opening.record.server = record->server;
    opening.record.link = record->link;
    opening.flags |= opening_flag::data;
    return true;
}

// Makes the data connection that was expected.
template <TablesEnvironment Env>
TURNOUT_INLINE Location connect_data(Env& env, Opening& opening) {
    const abi::Server* server = env.server(opening.record.server);
    abi::ServerState* state = env.server_state(opening.record.server);
    if (!server || !state) return 0;
    opening.record.status = abi::status::data | abi::status::keeps_port;
    opening.record.timeout = timeout_before_state;
    const Location made = detail::make_connection(env, opening, *server, *state);
    if (made)
        detail::end_waiting(env, opening.expected, opening.record.link, opening.record.last_seen);
    return made;
}

// Could it be a server that opens a data connection, from a port that nobody could foretell?
TURNOUT_INLINE bool may_call_data(const abi::Settings& settings, const Packet& packet) {
    constexpr uint8_t handshake = tcp_flag::syn | tcp_flag::ack | tcp_flag::rst;
    return settings.flags & abi::settings_flag::ftp_data &&
           static_cast<IpProtocol>(packet.protocol) == IpProtocol::tcp &&
           (packet.tcp_flags & handshake) == tcp_flag::syn;
}

// See call_out(), for a server's SYN.
template <TablesEnvironment Env>
TURNOUT_INLINE Answer call_data(Env& env, Opening& opening) {
    abi::Tuple& from = opening.aside.tuple;
    const be16 port = from.virtual_port;
    const abi::Tick now = opening.record.last_seen;
    from.virtual_port = be16{0};
    const abi::Connection* pointer = at(env, env.find(from, now).location);
    opening.expected = pointer ? load_once(pointer->link) : 0;
    const abi::Connection* record = at(env, opening.expected);
    if (!record || !detail::waits(env, opening.expected, now)) return Answer::not_ours;
    const abi::Server* server = env.server(record->server);
    if (!server || !(server->address == from.virtual_address) ||
        !(record->tuple.client == from.client) || !(record->tuple.client_port == from.client_port))
        return Answer::not_ours;
    opening.record.tuple = record->tuple;
    opening.record.tuple.virtual_port = port;
    opening.record.server = record->server;
    opening.record.link = record->link;
    opening.flags |= opening_flag::data;
    return Answer::connect;
}

}  // namespace turnout
