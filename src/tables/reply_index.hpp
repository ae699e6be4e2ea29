// Which service a NAT server's packets reply for: the server's endpoint to the virtual address.
//
// The first service to use a server owns the entry; while others use it too, it is marked shared
// and their connections are found by reply records.  An entry stays until the last user has gone,
// even if its owner went before: connections may remember it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "abi/rows.hpp"
#include "base/result.hpp"
#include "tables/rows.hpp"

namespace turnout::tables {

class ReplyIndex {
  public:
    explicit ReplyIndex(EndpointIndex<abi::ReplyService>& index) : index_(index) {}

    Status add(const abi::Endpoint& server, const abi::Endpoint& service);
    Status remove(const abi::Endpoint& server);

  private:
    struct Entry {
        abi::ReplyService row;
        uint32_t users;
    };
    static std::string key_of(const abi::Endpoint& endpoint) {
        return {reinterpret_cast<const char*>(&endpoint), sizeof endpoint};
    }

    EndpointIndex<abi::ReplyService>& index_;
    std::map<std::string, Entry> entries_;
};

inline Status ReplyIndex::add(const abi::Endpoint& server, const abi::Endpoint& service) {
    auto at = entries_.find(key_of(server));
    if (at == entries_.end()) {
        // One that an earlier daemon left keeps its owner.
        const auto left = index_.get(server);
        const abi::ReplyService row =
            left.value_or(abi::ReplyService{service.address, service.port, 0});
        if (auto ok = index_.put(server, row); !ok) return ok;
        at = entries_.emplace(key_of(server), Entry{row, 0}).first;
    }
    Entry& entry = at->second;
    const bool owner =
        entry.row.virtual_address == service.address && entry.row.virtual_port == service.port;
    if (!owner && !entry.row.shared) {
        abi::ReplyService row = entry.row;
        row.shared = 1;
        if (auto ok = index_.put(server, row); !ok) return ok;
        entry.row = row;
    }
    ++entry.users;
    return {};
}

inline Status ReplyIndex::remove(const abi::Endpoint& server) {
    const auto at = entries_.find(key_of(server));
    if (at == entries_.end() || --at->second.users > 0) return {};
    entries_.erase(at);
    return index_.erase(server);
}

}  // namespace turnout::tables
