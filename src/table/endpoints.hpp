// Services and NAT servers by their endpoints, found at one look.
//
// The kernel's indexes know them all, at the price of a call, a hash of bytes and a walk.  So each
// endpoint has a place in an array as well, by its hash, which it gets if it comes there first: few
// have to be asked for in the indexes.  Written by the daemon alone, which changes a row only while
// its tag is 0, and lets packets that may still read it go before it does (tables/quick_index.hpp).
#pragma once

#include <stdint.h>

#include "abi/rows.hpp"
#include "table/atomic.hpp"
#include "table/hash.hpp"

namespace turnout {

struct EndpointPlace {
    uint32_t index;
    uint32_t tag;  // of the endpoint and what it is; never 0
};

TURNOUT_INLINE uint32_t rest_of(const abi::Endpoint& endpoint) {
    uint32_t rest;
    static_assert(sizeof endpoint == offsetof(abi::Endpoint, port) + sizeof rest);
    __builtin_memcpy(&rest, &endpoint.port, sizeof rest);
    return rest;
}

// No secret goes into it: what is looked for may be anything, but what is there, the operator says.
TURNOUT_INLINE EndpointPlace place_of(const abi::Endpoint& endpoint, abi::EndpointKind kind,
                                      uint32_t mask) {
    const abi::Address& address = endpoint.address;
    const auto number = static_cast<uint32_t>(kind);
    uint64_t hash = mixed(number, join(address.word[0], be32{rest_of(endpoint)}));
    if (endpoint.family == abi::Family::ipv6) {
        hash = mixed(hash, join(address.word[1], address.word[2]));
        hash = mixed(hash, address.word[3].raw);
    }
    return {static_cast<uint32_t>(hash) & mask, static_cast<uint32_t>(hash >> 32) << 2 | number};
}

TURNOUT_INLINE bool is_same(const abi::Endpoint& a, const abi::Endpoint& b) {
    return rest_of(a) == rest_of(b) && a.address.word[0] == b.address.word[0] &&
           (a.family == abi::Family::ipv4 || a.address == b.address);
}

// Null when it has no place, which says nothing of whether there is such an endpoint.
template <class Env>
TURNOUT_INLINE const abi::EndpointRow* find_endpoint(Env& env, const abi::Endpoint& endpoint,
                                                     abi::EndpointKind kind) {
    const EndpointPlace place = place_of(endpoint, kind, env.settings().endpoint_mask);
    const abi::EndpointRow* row = env.endpoint_row(place.index);
    return row && load_once(row->tag) == place.tag && is_same(endpoint, row->key) ? row : nullptr;
}

template <class Env>
TURNOUT_INLINE const abi::ReplyService* find_reply_service(Env& env, const abi::Endpoint& sender) {
    if (const auto* row = find_endpoint(env, sender, abi::EndpointKind::nat_server))
        return &row->reply;
    return env.reply_service(sender);
}

template <class Env>
TURNOUT_INLINE const uint32_t* find_service_id(Env& env, const abi::Endpoint& endpoint) {
    if (const auto* row = find_endpoint(env, endpoint, abi::EndpointKind::service))
        return &row->service;
    return env.service_id(endpoint);
}

}  // namespace turnout
