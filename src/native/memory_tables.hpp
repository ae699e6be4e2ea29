// The tables in plain memory: a director without a kernel, for tests, simulation and explanation.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "path/opening.hpp"
#include "tables/quick_index.hpp"
#include "tables/rows.hpp"

namespace turnout::native {

template <class Value>
class MemoryIndex : public tables::EndpointIndex<Value> {
  public:
    std::optional<Value> get(const abi::Endpoint& key) const override {
        const Value* value = find(key);
        return value ? std::optional(*value) : std::nullopt;
    }
    Status put(const abi::Endpoint& key, const Value& value) override {
        values_[text_of(key)] = value;
        return {};
    }
    Status erase(const abi::Endpoint& key) override {
        values_.erase(text_of(key));
        return {};
    }
    // Valid until the entry is erased.
    const Value* find(const abi::Endpoint& key) const {
        const auto at = values_.find(text_of(key));
        return at == values_.end() ? nullptr : &at->second;
    }

  private:
    static std::string text_of(const abi::Endpoint& key) {
        return {reinterpret_cast<const char*>(&key), sizeof key};
    }
    std::map<std::string, Value> values_;
};

struct MemorySizes {
    uint32_t connection_bits = 10;
    uint32_t services = 64;
    uint32_t servers = 256;
    uint32_t ring_words = 8192;
};

class MemoryTables {
  public:
    explicit MemoryTables(const MemorySizes& sizes = {});
    MemoryTables(const MemoryTables&) = delete;
    MemoryTables& operator=(const MemoryTables&) = delete;

    tables::Rows rows;
    MemoryIndex<uint32_t> service_ids;
    MemoryIndex<abi::ReplyService> replies;
    MemoryIndex<abi::Address> near_ends;
    std::vector<abi::Neighbour> neighbours;
    std::vector<abi::Bucket> buckets;  // the last one is scratch
    std::vector<uint64_t> drops;
    std::map<uint32_t, abi::NamedCall> calls;
    std::map<uint32_t, abi::Sequences> sequences;        // by location
    std::map<uint32_t, abi::FtpControl> ftp_controls;    // by location
    std::vector<abi::Ending> endings;                    // that a daemon would have been told
    std::map<std::string, FragmentNote> fragment_notes;  // by the bytes of the key
    std::map<std::string, std::vector<std::vector<uint8_t>>> held_fragments;

  private:
    abi::Settings settings_{};
    abi::Pressure pressure_{};
    std::vector<abi::Timeouts> timeouts_;
    std::vector<uint8_t> filter_;
    std::vector<abi::Service> services_;
    std::vector<abi::Plan> plans_;
    std::vector<abi::Candidate> candidates_;
    std::vector<abi::CandidateGroups> candidate_groups_;
    std::vector<abi::RingWord> rings_;
    std::vector<abi::MarkRule> mark_rules_;
    std::vector<abi::Cursor> cursors_;
    std::vector<abi::Server> servers_;
    std::vector<abi::ServerState> server_states_;
    std::vector<abi::ServiceRecord> service_records_;
    std::vector<abi::ServerRecord> server_records_;
    std::vector<abi::TrafficCounters> traffic_;
    std::vector<abi::BeginCounters> begun_;
    std::vector<abi::Interface> interfaces_;
    std::vector<abi::EndpointRow> endpoints_;
    tables::EndpointRows endpoint_rows_;
    tables::QuickServices quick_services_;
    tables::QuickReplies quick_replies_;
};

}  // namespace turnout::native
