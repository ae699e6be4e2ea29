// Forwarding without connections: what is done for new ones when the table has no room for them.
//
// Every packet of such a connection is sent where a hash of its client sends it, by rendezvous: of
// all servers the one wins that has drawn the shortest lot, weighted, for this client.  So each
// packet goes the same way as the one before, and when servers come or go only those connections
// move that must.  Nobody who has a record loses it.
//
// While such connections may be about, packets that belong to none are taken for theirs; they are
// given records as soon as the table is no longer under pressure.
#pragma once

#include <stdint.h>

#include "path/open.hpp"
#include "table/hash.hpp"

namespace turnout {

namespace detail {

// -log2(u / 2^32) in 65536ths, for u > 0: short for those who draw high.  The mantissa's logarithm
// by a parabola, to within a hundredth.
TURNOUT_INLINE uint64_t lot(uint32_t u) {
    uint32_t whole = 0;
    for (uint32_t step = 16; step; step >>= 1)
        if (u >> (32 - step) == 0) {
            whole += step;
            u <<= step;
        }
    const uint64_t fraction = u >> 15 & 0xffff;
    const uint64_t bend = (fraction * (65536 - fraction) >> 16) * 11 / 32;
    return (whole + 1ull) * 65536 - fraction - bend;
}

// Where the contest between a service's servers stands.
template <TablesEnvironment Env>
struct Contest {
    Env* env;
    uint64_t client;
    uint32_t first;
    uint32_t server;  // the best so far
    uint64_t lot;
    int32_t weight;  // 0: there is none yet
};

template <TablesEnvironment Env>
TURNOUT_INLINE void compete(Contest<Env>& contest, uint32_t number) {
    const abi::Candidate* candidate = contest.env->candidate(contest.first + number);
    if (!candidate || candidate->weight <= 0) return;
    const abi::Server* server = contest.env->server(candidate->server);
    if (!server) return;
    uint64_t words[sizeof(abi::Address) / 8];
    __builtin_memcpy(words, &server->address, sizeof words);
    const uint64_t hash = mixed(mixed(mixed(contest.client, words[0]), words[1]), server->port.raw);
    const uint64_t drawn = lot(static_cast<uint32_t>(hash >> 32) | 1);
    const auto weight = static_cast<uint64_t>(static_cast<uint32_t>(candidate->weight));
    const auto best = static_cast<uint64_t>(static_cast<uint32_t>(contest.weight));
    if (contest.weight && drawn * best >= contest.lot * weight) return;
    contest.lot = drawn;
    contest.weight = candidate->weight;
    contest.server = candidate->server;
}

// A persistent client's connections go together.
TURNOUT_INLINE uint64_t client_hash(const abi::Plan& plan, const abi::Tuple& tuple) {
    const bool persistent = plan.flags & abi::plan_flag::persistent;
    const abi::Address client = persistent ? masked(tuple.client, plan.client_mask) : tuple.client;
    uint64_t words[sizeof(abi::Address) / 8];
    __builtin_memcpy(words, &client, sizeof words);
    const uint64_t port = persistent ? 0 : tuple.client_port.raw;
    return mixed(mixed(mixed(port, words[0]), words[1]), tuple.protocol);
}

}  // namespace detail

// Puts the server that the client's hash names into the record.
template <TablesEnvironment Env>
TURNOUT_INLINE Answer choose_by_hash(Env& env, Opening& opening) {
    const abi::Service* service = env.service(opening.service);
    const abi::Plan* plan = service ? env.plan(load_once(service->plan)) : nullptr;
    if (!plan) return Answer::not_ours;
    detail::Contest<Env> contest{
        &env, detail::client_hash(*plan, opening.record.tuple), plan->first, 0, 0, 0};
    env.each(plan->count, &contest, [](uint32_t number, detail::Contest<Env>* c) -> long {
        detail::compete(*c, number);
        return 0;
    });
    if (!contest.weight) return no_server_for(service->key, opening.record.tuple);
    opening.record.server = contest.server;
    return Answer::connect;
}

// The connection's packet goes by a scratch line, as that of a one-packet connection does.
// 0: it cannot, for the answers of its NAT server would not find back.
template <TablesEnvironment Env>
TURNOUT_INLINE Location go_without_record(Env& env, Opening& opening) {
    if (opening.flags & opening_flag::data) return 0;
    const abi::Service* row = env.service(opening.service);
    const abi::Plan* plan = row ? env.plan(load_once(row->plan)) : nullptr;
    if (const abi::Connection* parent = at(env, opening.record.link))
        opening.record.server = parent->server;
    const abi::Server* server = env.server(opening.record.server);
    const Location location = scratch_of(env, env.settings());
    abi::Connection* line = at(env, location);
    if (!plan || !server || !line) return 0;
    detail::describe(opening.record, {opening.service, row->key, *plan}, *server);
    if (server->method == abi::Method::nat &&
        !detail::is_told_by_server(env, opening.record.tuple, server->address,
                                   server_port(opening.record, *server)))
        return 0;
    detail::fill(*line, opening.record, abi::status::stateless);
    line->link = 0;
    if (abi::BeginCounters* begun = env.begun(opening.record.server)) begun->stateless += 1;
    return location;
}

// A connection begins that the table has no room for.
template <TablesEnvironment Env>
TURNOUT_INLINE void note_want_of_room(Env& env, const abi::Settings& settings, abi::Tick now) {
    abi::Pressure* pressure = env.pressure();
    if (pressure && pressure->stateless_since != now) store_once(pressure->stateless_since, now);
    // Not each time: every packet reads that word.
    if (!(settings.flags & abi::settings_flag::stateless))
        env.switch_settings(abi::settings_flag::stateless, 0);
}

// May the packet, which belongs to no connection, be of one that began without a record?
TURNOUT_INLINE bool may_resume(const abi::Settings& settings, const Packet& packet) {
    if (!(settings.flags & abi::settings_flag::stateless) || packet.about_tunnel) return false;
    if (packet.source_port == ftp_data_port) return false;
    const bool tcp = static_cast<IpProtocol>(packet.protocol) == IpProtocol::tcp;
    return is_icmp_error(packet) || !(tcp ? packet.tcp_flags & tcp_flag::syn : is_init(packet));
}

// The same of a server's packet: `opening.aside` tells whom it is from and to, as the tuple of a
// reply record.  `connect`: the record is that of its connection.
template <TablesEnvironment Env>
TURNOUT_INLINE Answer reply_by_hash(Env& env, Opening& opening) {
    const abi::Tuple& from = opening.aside.tuple;
    const be16 port = from.virtual_port;
    const abi::Address address = from.virtual_address;
    const abi::ReplyService* replies =
        env.reply_service({address, port, from.protocol, from.family});
    if (!replies) return Answer::not_ours;
    opening.record.tuple = from;
    opening.record.tuple.kind = abi::TupleKind::connection;
    opening.record.tuple.virtual_address = replies->virtual_address;
    opening.record.tuple.virtual_port = replies->virtual_port;
    // One that has a record is another server's.
    if (env.find(opening.record.tuple, opening.record.last_seen).location) return Answer::not_ours;
    Answer answer = env.ask(opening);
    if (answer == Answer::schedule) answer = env.choose_by_hash(opening);
    if (answer != Answer::connect) return answer;
    if (const abi::Connection* parent = at(env, opening.record.link))
        opening.record.server = parent->server;
    const abi::Server* server = env.server(opening.record.server);
    const bool theirs = server && server->address == address && server->port == port;
    return theirs ? Answer::connect : Answer::not_ours;
}

// May such packets be given records?  Not while the table is nearly full: whoever sprays packets
// could fill it up for everybody.
template <TablesEnvironment Env>
TURNOUT_INLINE bool has_room(Env& env, const abi::Settings& settings) {
    const abi::Pressure* pressure = env.pressure();
    return pressure && pressure->records < settings.room - settings.room / 8;
}

}  // namespace turnout
