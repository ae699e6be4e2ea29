// The data plane's tables as the control plane sees them: spans of rows, and indexes.
//
// Spans are shared memory with the data plane: what is written there is met by the next packet.
// Implemented over pinned kernel maps (kernel/) and over plain memory (native/).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "abi/call.hpp"
#include "abi/rows.hpp"
#include "base/result.hpp"

namespace turnout::tables {

// A hash map keyed by endpoint.
template <class Value>
class EndpointIndex {
  public:
    virtual ~EndpointIndex() = default;
    virtual std::optional<Value> get(const abi::Endpoint& key) const = 0;
    // Inserts or replaces.
    virtual Status put(const abi::Endpoint& key, const Value& value) = 0;
    // Erasing what is not there is no error.
    virtual Status erase(const abi::Endpoint& key) = 0;
};

struct Rows {
    abi::Settings* settings = nullptr;
    abi::Pressure* pressure = nullptr;
    std::span<abi::Timeouts> timeouts;
    std::span<uint8_t> filter;
    std::span<abi::Service> services;
    std::span<abi::Plan> plans;
    std::span<abi::Candidate> candidates;
    std::span<abi::CandidateGroups> candidate_groups;  // see candidate_group()
    std::span<abi::RingWord> rings;
    std::span<abi::MarkRule> mark_rules;
    std::span<abi::Cursor> cursors;
    std::span<abi::Server> servers;
    std::span<abi::ServerState> server_states;
    std::span<abi::ServiceRecord> service_records;
    std::span<abi::ServerRecord> server_records;
    std::span<abi::TrafficCounters> traffic;  // cpus × directions × servers
    std::span<abi::BeginCounters> begun;      // cpus × servers
    std::span<abi::Interface> interfaces;
    std::span<abi::Neighbour> neighbours;
    std::span<abi::EndpointRow> endpoints;  // see tables/quick_index.hpp
    std::span<abi::Bucket> buckets;

    EndpointIndex<uint32_t>* service_ids = nullptr;
    EndpointIndex<abi::ReplyService>* replies = nullptr;
    EndpointIndex<abi::Address>* near_ends = nullptr;  // see tables/near_ends.hpp

    // The name of a template by SIP call, given its location in the connection table.
    std::function<std::optional<abi::NamedCall>(uint32_t)> call_at;

    // Returns when every packet that was on its way through the data plane has left it: rows that
    // were unlinked before may then be used anew.
    std::function<void()> wait_for_packets;

    abi::CandidateGroup& candidate_group(uint32_t index) const {
        return candidate_groups[index / abi::groups_per_row].group[index % abi::groups_per_row];
    }
};

}  // namespace turnout::tables
