// IPVS's sync daemons: the one that tells connections to another director (master) and the one that
// listens (backup).  Either runs or does not; both may.
//
// What is here is what people configure, with the kernel's defaults.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/address.hpp"

namespace turnout::model {

// The numbers are IPVS's.
enum class SyncRole : uint32_t { master = 1, backup = 2 };

// "master", "backup"
const char* to_string(SyncRole role);

struct SyncDaemon {
    SyncRole role = SyncRole::master;
    std::string interface;         // that it sends on or listens at; at most 15 characters
    uint32_t sync_id = 0;          // a backup with an id listens to masters with the same alone
    uint16_t longest_message = 0;  // payload bytes; 0 when it is to be started: as the MTU allows
    std::optional<Address> group;  // multicast; none: 224.0.0.81
    uint16_t port = 0;             // 0: 8848
    uint8_t ttl = 0;               // 0: 1
    bool operator==(const SyncDaemon&) const = default;
};

// The MTU of the interface of that name; nothing: there is none.
using MtuOf = std::function<std::optional<uint32_t>(const std::string&)>;

class SyncDaemons {
  public:
    // What runs, master first; nothing that may be left out is.
    const std::vector<SyncDaemon>& running() const { return running_; }

    // EINVAL: the group is no multicast address; ENODEV: no such interface; EEXIST: it runs.
    Status start(SyncDaemon daemon, const MtuOf& mtu_of);
    // ESRCH: it does not run.
    Status stop(SyncRole role);

  private:
    std::vector<SyncDaemon> running_;
};

}  // namespace turnout::model
