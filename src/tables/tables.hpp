// From the model to the rows: the one writer of the configuration that packets meet.
//
// A service has a row and a *plan*: its scheduler and its candidates in list order.  A change of
// servers writes a new plan aside and flips the service's row to it, so a packet meets the old or
// the new one.  A server that is removed keeps its row, marked, while connections remember it and
// for two minutes more; added again within that time it is the same server, with its counters, as
// in IPVS.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "model/model.hpp"
#include "model/report.hpp"
#include "model/service.hpp"
#include "tables/allocator.hpp"
#include "tables/filter.hpp"
#include "tables/near_ends.hpp"
#include "tables/needs.hpp"
#include "tables/reply_index.hpp"
#include "tables/rings.hpp"
#include "tables/rows.hpp"
#include "tables/timeouts.hpp"

namespace turnout::tables {

// True for the addresses of this machine itself.
using IsOwn = std::function<bool(const model::Address&)>;

class Tables {
  public:
    // `rows` outlives this object.
    Tables(Rows& rows, SourceFor source_for, IsOwn is_own);

    // Takes over what an earlier daemon left in the rows; gives its services, servers in list
    // order.  To be called once, before anything else.
    std::vector<model::Service> adopt();

    Status add_service(const model::Service& service);
    // The service's scheduler, flags or servers have changed; `servers` tells that servers were
    // added, removed or edited.
    Status change_service(const model::Service& service, bool servers);
    void remove_service(const model::ServiceKey& key);
    // Timeouts that the service has of its own.
    model::StateTimeouts timeouts(const model::ServiceKey& service) const;
    Status set_timeouts(const model::ServiceKey& service, const model::StateTimeouts& own);
    // Are both ends of its TCP connections told by a RST when they expire?
    bool resets_idle(const model::ServiceKey& service) const;
    void set_resets_idle(const model::ServiceKey& service, bool resets);

    // Gives the rows of removed servers back that nothing needs any more.  `now_s`: any clock that
    // only goes forward.
    void collect(uint64_t now_s);
    // Looks up again where servers are and what tunnels have as their source, after routes or
    // addresses have changed.
    void refresh_ways();

    // After a change of the settings that stand in the rows.
    void settings_changed();

    // Counters since they were zeroed last, and connections.
    model::Counters counters(const model::ServiceKey& service) const;
    model::Counters counters(const model::ServiceKey& service,
                             const model::ServerKey& server) const;
    // By CPU, of all servers that there are or were, never zeroed: those of rows that have been
    // given back stay in them.
    std::vector<model::Counters> totals() const;
    const abi::ServerState& state(const model::ServiceKey& service,
                                  const model::ServerKey& server) const;
    void zero_counters(const model::ServiceKey& service);
    // The server's row.
    uint32_t row(const model::ServiceKey& service, const model::ServerKey& server) const {
        return row_of(service, server);
    }

  private:
    struct ServiceEntry {
        uint32_t id = 0;
        uint32_t plan = 0;
        bool by_call = false;                          // needs the data plane to read SIP
        std::map<model::ServerKey, uint32_t> servers;  // to their rows
    };
    // IPVS finds a removed server again by what it was: a server of that service.
    using ServerName = std::pair<model::ServiceKey, model::ServerKey>;
    struct Removed {
        uint32_t id;
        std::optional<uint32_t> service;  // row of the service that still counts it
        uint64_t since_s;
    };

    // servers (tables.cpp)
    Status enter_servers(const model::Service& service, ServiceEntry& entry);
    Status enter_server(const model::Service& service, ServiceEntry& entry,
                        const model::Server& server);
    Result<uint32_t> take_server_row(const model::Service& service, const ServiceEntry& entry,
                                     const model::Server& server);
    Status hold_replies(const model::ServiceKey& service, const model::Server& server, uint32_t id);
    void release_replies(const ServerName& name, uint32_t id);
    void watch(const model::ServiceKey& service);
    void unwatch(const model::ServiceKey& service);
    uint32_t place_of(const model::Address& server) const;
    void write_server(const model::ServiceKey& service, uint32_t service_id, uint32_t id,
                      const model::Server& server);
    // Of a server's row, after connections have been told to ask for it.
    void set_flag(uint32_t id, uint32_t flag, bool on);
    void set_flags(uint32_t id, uint32_t flags);
    void mark_removed(uint32_t id);
    void retire_server(const model::ServiceKey& service, ServiceEntry& entry,
                       const model::ServerKey& server);
    void retire_missing(const model::Service& service, ServiceEntry& entry);
    void release_server(const ServerName& name, const Removed& removed);
    void note_need(ServiceEntry& entry, bool by_call);
    void write_record(const model::Service& service, uint32_t id);
    void write_drain(uint32_t id, const model::Server& server);
    void write_thresholds(uint32_t id, const model::Server& server);

    // plans (plans.cpp)
    Result<uint32_t> write_plan(const model::Service& service, const ServiceEntry& entry);
    void group_candidates(const abi::Plan& plan);
    void forget_groups(const abi::Plan& plan);
    Status write_candidates(abi::Plan& plan, const model::Service& service,
                            const ServiceEntry& entry);
    Status write_ring(abi::Plan& plan, const std::vector<RingServer>& servers);
    void flip(ServiceEntry& entry, uint32_t plan, bool servers_changed);
    uint64_t next_cursor(const abi::Plan& before, const abi::Plan& after, uint64_t cursor,
                         bool servers_changed) const;
    uint32_t translated(const abi::Plan& before, const abi::Plan& after, uint32_t position) const;
    void give_plan_back(uint32_t plan);

    // adoption (adoption.cpp)
    model::Service adopt_service(uint32_t id);
    model::Server server_of_rows(uint32_t id) const;
    model::Drain drain_of_rows(uint32_t id) const;
    void adopt_replies(const model::ServiceKey& service, const model::ServerKey& server,
                       uint32_t id);
    void adopt_removed_servers();
    void adopt_near_ends();

    // counters (counters.cpp)
    model::Counters raw_counters(uint32_t server) const;
    uint32_t rows_with_counters() const;
    model::Counters raw_service_counters(uint32_t service) const;
    uint32_t row_of(const model::ServiceKey& service, const model::ServerKey& server) const;

    Rows& rows_;
    SourceFor source_for_;
    IsOwn is_own_;
    RangeAllocator service_rows_, plan_rows_, candidate_rows_, ring_rows_, server_rows_;
    Filter filter_;
    Needs needs_;
    ReplyIndex replies_;
    NearEnds near_ends_;
    TimeoutRows timeouts_;
    std::map<model::ServiceKey, ServiceEntry> services_;
    std::map<ServerName, Removed> removed_;
    std::vector<std::vector<uint32_t>> counted_by_;  // by service row: the server rows it counts
    std::vector<bool> replies_held_;                 // by server row: it may have sent replies
    uint32_t counted_rows_ = 0;  // server rows before this one had counters at the adoption
    uint64_t now_s_ = 0;
    uint32_t last_incarnation_ = 0;
};

}  // namespace turnout::tables
