#include "native/memory_tables.hpp"

#include <bit>

#include "abi/drop.hpp"
#include "tables/convert.hpp"

namespace turnout::native {

MemoryTables::MemoryTables(const MemorySizes& sizes)
    : neighbours(abi::neighbour_rows),
      buckets((1u << sizes.connection_bits) / abi::bucket_fill + 1),
      drops(abi::drop_rows),
      timeouts_(abi::timeout_rows),
      filter_(abi::filter::cells),
      services_(sizes.services),
      plans_(2 * sizes.services + 64),
      candidates_(8 * sizes.servers + 64),
      candidate_groups_(abi::rows_of_groups(candidates_.size())),
      rings_(sizes.ring_words),
      mark_rules_(abi::mark_rule_rows),
      cursors_(sizes.services),
      servers_(sizes.servers),
      server_states_(sizes.servers),
      service_records_(sizes.services),
      server_records_(sizes.servers),
      traffic_(2 * sizes.servers),
      begun_(sizes.servers),
      interfaces_(16),
      endpoints_(std::bit_ceil(sizes.services + sizes.servers)),
      endpoint_rows_(endpoints_, [] {}),
      quick_services_(service_ids, endpoint_rows_),
      quick_replies_(replies, endpoint_rows_) {
    rows.buckets = std::span(buckets).first(buckets.size() - 1);
    settings_.hash_seed = 0x7475726e6f7574;
    settings_.bucket_mask = static_cast<uint32_t>(rows.buckets.size()) - 1;
    settings_.counter_stride = sizes.servers;
    settings_.buckets_per_sweep = static_cast<uint32_t>(rows.buckets.size());
    rows.settings = &settings_;
    rows.pressure = &pressure_;
    rows.timeouts = timeouts_;
    tables::set_defaults(rows);
    rows.filter = filter_;
    rows.services = services_;
    rows.plans = plans_;
    rows.candidates = candidates_;
    rows.candidate_groups = candidate_groups_;
    rows.rings = rings_;
    rows.mark_rules = mark_rules_;
    rows.cursors = cursors_;
    rows.servers = servers_;
    rows.server_states = server_states_;
    rows.service_records = service_records_;
    rows.server_records = server_records_;
    rows.traffic = traffic_;
    rows.begun = begun_;
    rows.interfaces = interfaces_;
    rows.endpoints = endpoints_;
    settings_.endpoint_mask = static_cast<uint32_t>(endpoints_.size()) - 1;
    rows.service_ids = &quick_services_;
    rows.replies = &quick_replies_;
    rows.near_ends = &near_ends;
    rows.call_at = [this](uint32_t location) {
        const auto at = calls.find(location);
        return at == calls.end() ? std::nullopt : std::optional(at->second);
    };
    rows.wait_for_packets = [] {};
}

}  // namespace turnout::native
