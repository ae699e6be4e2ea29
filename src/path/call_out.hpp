// A connection from the inside: a packet from a NAT server that replies to nothing.
//
// A SIP service's server makes a call.  As in IPVS, its client is whom the server calls, and the
// call is bound to the server, so that what the client sends later finds its way.  An FTP service's
// server opens a data connection: see helpers/ftp_data.hpp.
#pragma once

#include <stdint.h>

#include "path/open.hpp"

namespace turnout {

// Could the packet, which belongs to no connection, be one?
template <Environment Env>
TURNOUT_INLINE bool may_call_out(Env& env, const abi::Settings& settings, const Packet& packet) {
    if (is_icmp_error(packet)) return false;
    const bool sip = settings.flags & abi::settings_flag::sip &&
                     static_cast<IpProtocol>(packet.protocol) == IpProtocol::udp;
    return (sip || may_call_data(settings, packet)) &&
           audience(env, packet.source) & abi::filter::nat_server;
}

namespace detail {

template <TablesEnvironment Env>
struct ServerSearch {
    Env* env;
    const abi::Tuple* from;  // with the server in place of the virtual address
    uint32_t first;
    bool found;
    uint32_t server;
};

// The service's server that sends from there.
template <TablesEnvironment Env>
TURNOUT_INLINE bool find_sender(Env& env, const abi::Plan& plan, const abi::Tuple& from,
                                uint32_t& server_id) {
    ServerSearch<Env> search{&env, &from, plan.first, false, 0};
    env.each(plan.count, &search, [](uint32_t step, ServerSearch<Env>* s) -> long {
        const abi::Candidate* candidate = s->env->candidate(s->first + step);
        const abi::Server* server = candidate ? s->env->server(candidate->server) : nullptr;
        if (!server || !(server->port == s->from->virtual_port)) return 0;
        if (!(server->address == s->from->virtual_address)) return 0;
        s->found = true;
        s->server = candidate->server;
        return 1;
    });
    server_id = search.server;
    return search.found;
}

// A SIP server's.
template <TablesEnvironment Env>
TURNOUT_INLINE Answer call_by_sip(Env& env, Opening& opening) {
    const abi::Tuple& from = opening.aside.tuple;
    const abi::ReplyService* replies =
        env.reply_service({from.virtual_address, from.virtual_port, from.protocol, from.family});
    if (!replies || !opening.call.call.length) return Answer::not_ours;
    const uint32_t* id = env.service_id(
        {replies->virtual_address, replies->virtual_port, from.protocol, from.family});
    const abi::Service* row = id ? env.service(*id) : nullptr;
    const abi::Plan* plan = row ? env.plan(load_once(row->plan)) : nullptr;
    if (!plan || !(plan->flags & abi::plan_flag::sip)) return Answer::not_ours;
    uint32_t server_id = 0;
    if (!find_sender(env, *plan, from, server_id)) return Answer::not_ours;

    abi::Connection& record = opening.record;
    record.tuple = from;
    record.tuple.kind = abi::TupleKind::connection;
    record.tuple.virtual_address = replies->virtual_address;
    record.tuple.virtual_port = replies->virtual_port;
    record.server = server_id;
    opening.service = *id;
    const ServiceView service{*id, row->key, *plan};
    record.link = find_template(env, env.settings(), service, opening);
    abi::Connection* parent = at(env, record.link);
    if (!parent || parent->server == server_id) return Answer::connect;
    // The call was another server's: from now on it is this one's.
    set_bits(parent->status, abi::status::retired);
    record.link = 0;
    return Answer::connect;
}

}  // namespace detail

// `opening.aside` tells whom the packet is from and to, as the tuple of a reply record.  Answers
// `connect` when the record is ready to be made a connection.
template <TablesEnvironment Env>
TURNOUT_INLINE Answer call_out(Env& env, Opening& opening) {
    const bool tcp = static_cast<IpProtocol>(opening.aside.tuple.protocol) == IpProtocol::tcp;
    return tcp ? call_data(env, opening) : detail::call_by_sip(env, opening);
}

}  // namespace turnout
