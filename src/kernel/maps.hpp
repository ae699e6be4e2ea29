// The kernel maps behind the rows: mapped into memory, or reached by system calls.
#pragma once

#include <memory>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "kernel/mapped_array.hpp"
#include "tables/quick_index.hpp"
#include "tables/rows.hpp"

namespace turnout::kernel {

// A hash map keyed by endpoint.
template <class Value>
class KernelIndex : public tables::EndpointIndex<Value> {
  public:
    KernelIndex() = default;
    explicit KernelIndex(Fd fd) : fd_(std::move(fd)) {}
    std::optional<Value> get(const abi::Endpoint& key) const override;
    Status put(const abi::Endpoint& key, const Value& value) override;
    Status erase(const abi::Endpoint& key) override;

  private:
    Fd fd_;
};

// Owns what `rows` points to.
class Maps {
  public:
    // Opens every table pinned in a directory.  ENOENT when there is none.
    static Result<std::unique_ptr<Maps>> open(const std::string& directory);

    tables::Rows rows;
    Fd drops;

  private:
    Status open_all(const std::string& directory);
    template <class Row>
    Status open_array(const std::string& directory, const char* name, MappedArray<Row>& array,
                      std::span<Row>& span);

    MappedArray<abi::Common> common_;
    MappedArray<abi::Pressure> pressure_;
    MappedArray<abi::Service> services_;
    MappedArray<abi::Plan> plans_;
    MappedArray<abi::Candidate> candidates_;
    MappedArray<abi::CandidateGroups> candidate_groups_;
    MappedArray<abi::RingWord> rings_;
    MappedArray<abi::MarkRule> mark_rules_;
    MappedArray<abi::Cursor> cursors_;
    MappedArray<abi::Server> servers_;
    MappedArray<abi::ServerState> server_states_;
    MappedArray<abi::ServiceRecord> service_records_;
    MappedArray<abi::ServerRecord> server_records_;
    MappedArray<abi::BeginCounters> begun_;
    MappedArray<abi::TrafficCounters> traffic_;
    MappedArray<abi::Bucket> buckets_;
    MappedArray<abi::EndpointRow> endpoints_;
    KernelIndex<uint32_t> service_ids_;
    KernelIndex<abi::ReplyService> replies_;
    tables::EndpointRows endpoint_rows_;
    tables::QuickServices quick_services_;
    tables::QuickReplies quick_replies_;
    KernelIndex<abi::Address> near_ends_;
    Fd calls_;
};

}  // namespace turnout::kernel
