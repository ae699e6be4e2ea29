// Step 3a: which service is the packet for?
//
// In IPVS's order: the service of its firewall mark; of its protocol, address and port; for TCP to
// an address with an FTP service, where the port may be one of FTP's data connections, that one;
// and the service on every port of the address.
#pragma once

#include <stdint.h>

#include "path/env.hpp"
#include "path/opening.hpp"
#include "table/atomic.hpp"
#include "table/endpoints.hpp"
#include "wire/ip.hpp"

namespace turnout {

inline constexpr be16 ftp_port = to_be(uint16_t{21}), ftp_data_port = to_be(uint16_t{20});

namespace detail {

// Below these, ports belong to services of the system: no data connection comes there.
inline constexpr uint16_t first_unprivileged_port = 1024;

TURNOUT_INLINE bool may_be_ftp_data(const abi::Tuple& tuple) {
    return static_cast<IpProtocol>(tuple.protocol) == IpProtocol::tcp &&
           (tuple.virtual_port == ftp_data_port ||
            to_host(tuple.virtual_port) >= first_unprivileged_port);
}

TURNOUT_INLINE bool under_mask(const abi::Address& address, const abi::Address& mask,
                               const abi::Address& prefix) {
    uint32_t differs = 0;
    for (int i = 0; i < 4; ++i)
        differs |= (address.word[i].raw & mask.word[i].raw) ^ prefix.word[i].raw;
    return differs == 0;
}

TURNOUT_INLINE bool within(uint16_t first, be16 port, uint16_t last) {
    return first <= to_host(port) && to_host(port) <= last;
}

TURNOUT_INLINE bool matches(const abi::MarkRule& rule, const abi::Tuple& tuple) {
    if (rule.family != tuple.family) return false;
    if (rule.protocol && rule.protocol != tuple.protocol) return false;
    return under_mask(tuple.client, rule.source_mask, rule.source) &&
           under_mask(tuple.virtual_address, rule.destination_mask, rule.destination) &&
           within(rule.source_port_first, tuple.client_port, rule.source_port_last) &&
           within(rule.port_first, tuple.virtual_port, rule.port_last);
}

template <TablesEnvironment Env>
struct MarkSearch {
    Env* env;
    const abi::Tuple* tuple;
    uint32_t last;  // row of the last rule
    uint32_t mark;
};

// The mark of the last rule that matches, or 0.
template <TablesEnvironment Env>
TURNOUT_INLINE uint32_t mark_by_rule(Env& env, uint32_t list, const abi::Tuple& tuple) {
    const uint32_t count = abi::mark_rule_count(list);
    if (!count) return 0;  // a loop is a call, also one without a step
    MarkSearch<Env> search{&env, &tuple, abi::first_mark_rule(list) + count - 1, 0};
    env.each(count, &search, [](uint32_t step, MarkSearch<Env>* s) -> long {
        const abi::MarkRule* rule = s->env->mark_rule(s->last - step);
        if (!rule || !matches(*rule, *s->tuple)) return 0;
        s->mark = rule->mark;
        return 1;
    });
    return search.mark;
}

}  // namespace detail

// A service as a packet meets it.
struct ServiceView {
    uint32_t id;
    const abi::Endpoint& key;
    const abi::Plan& plan;

    TURNOUT_INLINE bool has(uint8_t plan_flag) const { return plan.flags & plan_flag; }
};

// The row of the service, or null.  Our own rules come before a mark that the packet brought along.
template <TablesEnvironment Env>
TURNOUT_INLINE const uint32_t* find_service(Env& env, const abi::Settings& settings,
                                            Opening& opening) {
    const abi::Tuple& tuple = opening.record.tuple;
    if (const uint32_t mark = detail::mark_by_rule(env, load_once(settings.mark_rules), tuple))
        opening.mark = mark;
    const uint32_t* id = nullptr;
    if (settings.flags & abi::settings_flag::marks && opening.mark)
        id = env.service_id({{{to_be(opening.mark)}}, be16{0}, 0, tuple.family});
    abi::Endpoint key{tuple.virtual_address, tuple.virtual_port, tuple.protocol, tuple.family};
    if (!id) id = find_service_id(env, key);
    if (!id && settings.flags & abi::settings_flag::ftp && detail::may_be_ftp_data(tuple)) {
        key.port = ftp_port;
        id = env.service_id(key);
    }
    if (!id && settings.flags & abi::settings_flag::any_port) {
        key.port = be16{0};
        id = env.service_id(key);
    }
    return id;
}

// An FTP service is asked about packets that are not FTP's at all: those are the host's.
TURNOUT_INLINE Answer no_server_for(const abi::Endpoint& service, const abi::Tuple& tuple) {
    const bool not_ftp = service.port == ftp_port && !(tuple.virtual_port == ftp_port);
    return not_ftp ? Answer::not_ours : Answer::no_server;
}

// Somebody behind the fast lane may still mark the packet.
TURNOUT_INLINE bool may_be_marked_later(const abi::Settings& settings, const Opening& opening) {
    return settings.flags & abi::settings_flag::marks && !opening.mark &&
           opening.flags & opening_flag::fast_lane;
}

}  // namespace turnout
