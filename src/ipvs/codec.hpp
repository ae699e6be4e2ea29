// Services, servers, counters and timeouts as IPVS attributes, both ways.
//
// put_* write, get_* read.  A get_* that fails tells IPVS's error code: EINVAL for a missing or
// malformed attribute, EAFNOSUPPORT for an address family other than IPv4 and IPv6.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "ipvs/message.hpp"
#include "model/change.hpp"
#include "model/report.hpp"

namespace turnout::ipvs {

// What IPVS_CMD_GET_INFO answers.
struct Info {
    uint32_t version = ipvs_version;  // 0x010201 is 1.2.1
    uint32_t connection_table_size = 0;
    bool operator==(const Info&) const = default;
};

// The contents of a SERVICE attribute.
void put_service_key(Writer& to, const model::ServiceKey& key);
void put_service(Writer& to, const model::Service& service, uint32_t flags_mask);
void put_report(Writer& to, const model::ServiceReport& report);
Result<model::ServiceKey> get_service_key(const Attributes& from);
// As a change: the service with the mask that says which flags it sets.
Result<model::EditService> get_service(const Attributes& from);
Result<model::ServiceReport> get_service_report(const Attributes& from);

// The contents of a DEST attribute.  An address without a family is of the service's.
void put_server_key(Writer& to, const model::ServerKey& key);
void put_server(Writer& to, const model::Server& server);
void put_report(Writer& to, const model::ServerReport& report);
Result<model::ServerKey> get_server_key(const Attributes& from, model::Family of_service);
Result<model::Server> get_server(const Attributes& from, model::Family of_service);
Result<model::ServerReport> get_server_report(const Attributes& from, model::Family of_service);

// The contents of a DAEMON attribute.  An address that is no multicast address is the model's to
// refuse.
void put_daemon(Writer& to, const model::SyncDaemon& daemon);
Result<model::SyncRole> get_sync_role(const Attributes& from);
Result<model::SyncDaemon> get_daemon(const Attributes& from);

// The attributes of a command itself.
void put_timeouts(Writer& to, const model::Timeouts& timeouts);
model::Timeouts get_timeouts(const Attributes& from);
void put_info(Writer& to, const Info& info);
Result<Info> get_info(const Attributes& from);

}  // namespace turnout::ipvs
