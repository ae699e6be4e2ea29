// Whose packets are a NAT server's, and by which address of its own the director would answer them:
// what nat_icmp_send asks for.  Nothing is kept while that is off, for the kernel's routing has to
// be asked about each server.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "abi/rows.hpp"
#include "tables/convert.hpp"
#include "tables/rows.hpp"

namespace turnout::tables {

// The address that this machine sends from on its way to another; nothing when there is no route.
using SourceFor = std::function<std::optional<model::Address>(const model::Address&)>;

// A server as its packets show it; those of a service by mark may be of any protocol.
inline abi::Endpoint sender_of(const model::ServiceKey& service, const model::ServerKey& server) {
    abi::Endpoint sender = endpoint_of(server, service.protocol);
    if (service.mark) sender.protocol = 0;
    return sender;
}

class NearEnds {
  public:
    // Both outlive this object.
    NearEnds(EndpointIndex<abi::Address>& index, const SourceFor& source_for)
        : index_(index), source_for_(source_for) {}

    bool are_kept() const { return kept_; }
    void keep() { kept_ = true; }
    void forget();
    // A server of several services is added by each of them.
    void add(const abi::Endpoint& sender);
    void remove(const abi::Endpoint& sender);
    // After routes or addresses have changed.
    void refresh();

  private:
    struct Entry {
        abi::Endpoint sender;
        uint32_t users;
    };
    static std::string key_of(const abi::Endpoint& sender) {
        return {reinterpret_cast<const char*>(&sender), sizeof sender};
    }
    void write(const abi::Endpoint& sender);

    EndpointIndex<abi::Address>& index_;
    const SourceFor& source_for_;
    bool kept_ = false;
    std::map<std::string, Entry> entries_;
};

inline void NearEnds::forget() {
    for (const auto& [key, entry] : entries_) (void)index_.erase(entry.sender);
    entries_.clear();
    kept_ = false;
}

inline void NearEnds::add(const abi::Endpoint& sender) {
    if (!kept_) return;
    const auto at = entries_.try_emplace(key_of(sender), Entry{sender, 0}).first;
    if (at->second.users++ == 0) write(sender);
}

inline void NearEnds::remove(const abi::Endpoint& sender) {
    const auto at = entries_.find(key_of(sender));
    if (at == entries_.end() || --at->second.users > 0) return;
    entries_.erase(at);
    (void)index_.erase(sender);
}

inline void NearEnds::refresh() {
    for (const auto& [key, entry] : entries_) write(entry.sender);
}

// Without a way to the server there is no entry, and its packets pass.
inline void NearEnds::write(const abi::Endpoint& sender) {
    const auto source = source_for_(from_row(sender.address, sender.family));
    if (source)
        (void)index_.put(sender, to_row(*source));
    else
        (void)index_.erase(sender);
}

}  // namespace turnout::tables
