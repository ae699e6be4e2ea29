// Services, servers and the rest as the structures of <linux/ip_vs.h> that getsockopt and
// setsockopt carry: addresses, ports and masks in network order.
#pragma once

#include <cstring>

#include "base/result.hpp"
#include "ipvs/message.hpp"
#include "model/change.hpp"
#include "model/report.hpp"

namespace turnout::ipvs {

// The bytes are at least as many.
template <class Structure>
Structure read(View bytes) {
    Structure structure;
    std::memcpy(&structure, bytes.data(), sizeof structure);
    return structure;
}

template <class Structure>
void append(Bytes& bytes, const Structure& structure) {
    const auto* begin = reinterpret_cast<const uint8_t*>(&structure);
    bytes.insert(bytes.end(), begin, begin + sizeof structure);
}

template <class Structure>
Bytes bytes_of(const Structure& structure) {
    Bytes bytes;
    append(bytes, structure);
    return bytes;
}

model::ServiceKey key_of(const ip_vs_service_user& user);
model::ServiceKey key_of(const ip_vs_get_dests& user);
// EINVAL: the scheduler's name does not end; EFAULT: another protocol than TCP, UDP and SCTP, which
// the kernel asks for of services with a mark, too.
Result<model::Service> service_of(const ip_vs_service_user& user);
// EINVAL: a forwarding method that is none.
Result<model::Server> server_of(const ip_vs_dest_user& user);
// EINVAL: a timeout below zero or too long.
Result<model::Timeouts> timeouts_of(const ip_vs_timeout_user& user);
// EINVAL: neither master nor backup.
Result<model::SyncDaemon> daemon_of(const ip_vs_daemon_user& user);

ip_vs_service_entry entry_of(const model::ServiceReport& report);
ip_vs_dest_entry entry_of(const model::ServerReport& report);
ip_vs_timeout_user user_of(const model::Timeouts& timeouts);
ip_vs_daemon_user user_of(const model::SyncDaemon& daemon);

}  // namespace turnout::ipvs
