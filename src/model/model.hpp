// The service table: validates a change and gives its outcome, or says why not.
//
// Pure values: no input or output, no time.  A refused change leaves the table untouched.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/change.hpp"
#include "model/service.hpp"

namespace turnout::model {

// How much the tables below can hold; a change beyond it is refused with ENOSPC.
struct Limits {
    uint32_t services = 65536;
    uint32_t servers = 65536;
    uint32_t servers_per_service = 4096;
};

class Model {
  public:
    // `schedulers`: the names that the data plane offers.
    Model(Limits limits, std::vector<std::string> schedulers)
        : limits_(limits), schedulers_(std::move(schedulers)) {}

    // Ordered by key: services with a mark last.
    const std::map<ServiceKey, Service>& services() const { return services_; }
    // nullptr when there is none; valid until the next change.
    const Service* find(const ServiceKey& key) const;
    static const Server* find(const Service& service, const ServerKey& key);
    // Is there a service with servers of the other family?
    bool mixes_families() const;

    // Each validates and changes, or returns the error (codes: see Control::apply) and changes
    // nothing.
    Status add_service(const Service& service);
    Status edit_service(const Service& service, uint32_t flags_mask);
    Status remove_service(const ServiceKey& key);
    Status add_server(const ServiceKey& key, const Server& server);
    Status edit_server(const ServiceKey& key, const Server& server);
    Status remove_server(const ServiceKey& key, const ServerKey& server);
    // Edits leave a drain as it is; this changes it, or ends it (nothing).
    Status set_drain(const ServiceKey& key, const ServerKey& server, std::optional<Drain> drain);
    // Puts a service in place as it is, without validating: what was valid before.
    void restore(const Service& service);

  private:
    Service* mutable_service(const ServiceKey& key);

    Status check_service(const Service& service) const;
    Status check_scheduler(const std::string& name) const;

    Limits limits_;
    std::vector<std::string> schedulers_;
    std::map<ServiceKey, Service> services_;
    uint32_t server_count_ = 0;
};

}  // namespace turnout::model
