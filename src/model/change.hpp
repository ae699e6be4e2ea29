// Everything that may be asked to change, as values: what a tool's command becomes.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "model/service.hpp"
#include "model/sync_daemon.hpp"

namespace turnout::model {

// Seconds; 0 leaves a timeout as it is (the meaning of `ipvsadm --set`).
struct Timeouts {
    uint32_t tcp_s = 0;
    uint32_t tcp_fin_s = 0;
    uint32_t udp_s = 0;
    bool operator==(const Timeouts&) const = default;
};

struct AddService {
    Service service;  // `servers` is empty
};
struct EditService {
    Service service;            // key names the service; `servers` is ignored
    uint32_t flags_mask = ~0u;  // which of `service.flags` are set; the others stay
};
struct RemoveService {
    ServiceKey key;
};
struct AddServer {
    ServiceKey service;
    Server server;
};
struct EditServer {
    ServiceKey service;
    Server server;
};
struct RemoveServer {
    ServiceKey service;
    ServerKey server;
};
struct RemoveAll {};
struct ZeroCounters {
    std::optional<ServiceKey> service;  // none: every service
};
struct SetTimeouts {
    Timeouts timeouts;
};

struct StartDaemon {
    SyncDaemon daemon;
};
struct StopDaemon {
    SyncRole role;
};

using Change =
    std::variant<AddService, EditService, RemoveService, AddServer, EditServer, RemoveServer,
                 RemoveAll, ZeroCounters, SetTimeouts, StartDaemon, StopDaemon>;

}  // namespace turnout::model
