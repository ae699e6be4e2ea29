// Steps 3 and 5: a packet without a connection.  Does a service want it; and make the connection.
//
// The rare part of the way, taken once a connection.  The BPF binding keeps ask(), schedule(),
// connect() and the table's insert() and find() functions of their own, which the verifier checks
// once each; they are called one after the other, for their stacks add up.
#pragma once

#include <stdint.h>

#include "path/find_connection.hpp"
#include "path/find_service.hpp"
#include "path/helpers/ftp_data.hpp"
#include "path/make_connection.hpp"
#include "path/parse_sctp.hpp"
#include "path/persistence.hpp"
#include "table/counts.hpp"
#include "table/sweep.hpp"
#include "table/table.hpp"

namespace turnout {

// IPVS schedules TCP on a SYN without RST, SCTP on an INIT, UDP on any packet (sloppy_tcp: on any
// but a RST; sloppy_sctp: on any but an ABORT); never from the FTP data port, whose connections the
// helper makes.
TURNOUT_INLINE bool may_open(const abi::Settings& settings, const Packet& packet) {
    if (is_icmp_error(packet) || packet.source_port == ftp_data_port) return false;
    switch (static_cast<IpProtocol>(packet.protocol)) {
        case IpProtocol::udp:
            return true;
        case IpProtocol::sctp:
            return is_init(packet) || (settings.flags & abi::settings_flag::sloppy_sctp &&
                                       !has_chunk(packet, SctpChunk::abort));
        default:
            break;
    }
    if (packet.tcp_flags & tcp_flag::rst) return false;
    return packet.tcp_flags & tcp_flag::syn || settings.flags & abi::settings_flag::sloppy_tcp;
}

// An error of no connection (schedule_icmp): where several directors share a service, it may come
// to one that has not seen the packet it is about.  Schedulers that hash still find that packet's
// server.
TURNOUT_INLINE bool may_open_by_error(const abi::Settings& settings, const Packet& packet) {
    return settings.flags & abi::settings_flag::schedule_icmp && !packet.about_tunnel;
}

// This CPU's scratch line, for a packet that has no record.
template <TablesEnvironment Env>
TURNOUT_INLINE Location scratch_of(Env& env, const abi::Settings& settings) {
    return (settings.bucket_mask + 1 + env.cpu()) * 16 + 1;
}

namespace detail {

// What the chosen server adds to the record.
TURNOUT_INLINE void describe(abi::Connection& record, const ServiceView& service,
                             const abi::Server& server) {
    const bool nat = server.method == abi::Method::nat;
    // Persistent services translate no port but their own, as in IPVS.
    const bool own_port =
        !service.has(abi::plan_flag::persistent) || record.tuple.virtual_port == service.key.port;
    const bool udp = static_cast<IpProtocol>(record.tuple.protocol) == IpProtocol::udp;
    record.status = static_cast<uint32_t>(udp ? abi::State::udp : abi::State::none) |
                    static_cast<uint32_t>(server.method) << abi::status::method_shift |
                    (nat ? 0 : abi::status::no_output) |
                    (own_port && server.port.raw ? 0 : abi::status::keeps_port);
    record.timeout = timeout_before_state;
    // None of its packets has been seen yet: the first looks for its timeout, whichever way it
    // takes.
    record.last_seen -= 1;
}

// A one-packet connection is in no table: it stands in this CPU's scratch line until its packet has
// gone, and counts for its server no longer than that.
template <TablesEnvironment Env>
TURNOUT_INLINE Location make_for_one_packet(Env& env, const abi::Settings& settings,
                                            const abi::Connection& record,
                                            abi::ServerState& state) {
    const Location location = scratch_of(env, settings);
    abi::Connection* line = at(env, location);
    if (!line) return 0;
    fill(*line, record, 0);
    line->link = 0;  // its template does not count it
    const uint64_t total = total_connections(load_once(state.load));
    note_bound(state, total + 1);
    note_released(state, total);
    tell_group(env, state);
    return location;
}

// Does the client ask for a data connection of FTP's?  Not where it asks for another service.
template <TablesEnvironment Env>
TURNOUT_INLINE bool is_data_connection(Env& env, const abi::Settings& settings,
                                       const abi::Service* service, Opening& opening) {
    if (!(settings.flags & abi::settings_flag::ftp_data)) return false;
    if (service && service->key.port == opening.record.tuple.virtual_port) return false;
    return is_expected(env, opening);
}

// Is it FTP, and are its replies to be translated?
TURNOUT_INLINE bool needs_ftp_helper(const abi::Settings& settings, const abi::Connection& record) {
    if (static_cast<IpProtocol>(record.tuple.protocol) != IpProtocol::tcp ||
        abi::method_of(record.status) != abi::Method::nat)
        return false;
    bool found = false;
    for (uint32_t i = 0; i < abi::ftp_ports; ++i)
        found |= settings.ftp_port[i] == record.tuple.virtual_port;
    return found;
}

TURNOUT_INLINE bool is_scratch(const abi::Settings& settings, Location location) {
    return location >> 4 > settings.bucket_mask;
}

}  // namespace detail

// Is it the connection of one packet alone, in its scratch line or handed over?
TURNOUT_INLINE bool is_for_one_packet(const abi::Settings& settings,
                                      const abi::Connection& connection, Location location) {
    return detail::is_scratch(settings, location) ||
           load_once(connection.status) & abi::status::one_packet;
}

// A lane that cannot finish the packet of a one-packet connection leaves it in the table for the
// next: that one must not ask the scheduler a second time.
template <TablesEnvironment Env>
TURNOUT_INLINE void hand_over(Env& env, const abi::Settings& settings, Location location) {
    abi::Connection* line = at(env, location);
    if (!line || !detail::is_scratch(settings, location)) return;
    // The next lane sends one that has no record the same way.
    if (line->status & abi::status::stateless) return;
    line->status |= abi::status::one_packet;
    abi::ServerState* state = env.server_state(line->server);
    if (state && env.insert(*line, not_seen).inserted) bind_connection(env, *state, false);
}

// The packet that was left so has been forwarded.
template <TablesEnvironment Env>
TURNOUT_INLINE void end_handed_over(Env& env, abi::Connection& connection, abi::Tick now) {
    const uint32_t status = load_once(connection.status);
    if (status & abi::status::one_packet && end(connection, status, now))
        return_count(env, connection, status);
}

// Which service is it for, and is its server known already?
template <TablesEnvironment Env>
TURNOUT_INLINE Answer ask(Env& env, Opening& opening) {
    const abi::Settings& settings = env.settings();
    const uint32_t* id = find_service(env, settings, opening);
    if (may_be_marked_later(settings, opening)) return Answer::elsewhere;
    const abi::Service* row = id ? env.service(*id) : nullptr;
    if (detail::is_data_connection(env, settings, row, opening)) return Answer::connect;
    const abi::Plan* plan = row ? env.plan(load_once(row->plan)) : nullptr;
    if (!plan) return Answer::not_ours;
    const ServiceView service{*id, row->key, *plan};
    opening.service = service.id;
    const bool begins = !(opening.flags & opening_flag::resumes);
    if (begins && is_refused(env, settings)) return Answer::defended;
    if (service.has(abi::plan_flag::sip)) {
        if (opening.flags & opening_flag::fast_lane) return Answer::elsewhere;
        if (!opening.call.call.length) return Answer::refused;
    }
    if (service.has(abi::plan_flag::persistent)) {
        opening.record.link = find_template(env, settings, service, opening);
        return opening.record.link ? Answer::connect : Answer::schedule;
    }
    const bool exact = opening.record.tuple.virtual_port == service.key.port;
    return exact || is_by_mark(service.key) ? Answer::schedule
                                            : no_server_for(service.key, opening.record.tuple);
}

// Makes the connection, to the server in `opening.record` or that of its template.  Another
// packet's, if that was quicker; none when the table is full.
template <TablesEnvironment Env>
TURNOUT_INLINE Location connect(Env& env, Opening& opening) {
    if (opening.flags & opening_flag::data) return connect_data(env, opening);
    const abi::Settings& settings = env.settings();
    const abi::Service* row = env.service(opening.service);
    const abi::Plan* plan = row ? env.plan(load_once(row->plan)) : nullptr;
    if (!plan) return 0;
    const ServiceView service{opening.service, row->key, *plan};
    abi::Connection& record = opening.record;
    if (service.has(abi::plan_flag::persistent)) {
        if (!record.link) record.link = make_template(env, service, opening, record.server);
        abi::Connection* parent = at(env, record.link);
        if (!parent) return 0;
        renew(*parent, record.last_seen);
        record.server = parent->server;
    }
    const abi::Server* server = env.server(record.server);
    abi::ServerState* state = env.server_state(record.server);
    if (!server || !state) return 0;
    detail::describe(record, service, *server);
    if (detail::needs_ftp_helper(settings, record)) record.status |= abi::status::helped;
    const bool udp = static_cast<IpProtocol>(record.tuple.protocol) == IpProtocol::udp;
    if (!udp || !service.has(abi::plan_flag::one_packet))
        return detail::make_connection(env, opening, *server, *state);
    if (abi::BeginCounters* begun = env.begun(record.server)) begun->connections += 1;
    return detail::make_for_one_packet(env, settings, record, *state);
}

}  // namespace turnout
