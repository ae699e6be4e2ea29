#include "ipvs/sockopt_codec.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>

#include "ipvs/change_codec.hpp"

namespace turnout::ipvs {
namespace {

model::Address address_of(uint32_t big_endian) {
    model::Address address{model::Family::ipv4, {}};
    std::memcpy(address.bytes.data(), &big_endian, sizeof big_endian);
    return address;
}

uint32_t big_endian_of(const model::Address& address) {
    uint32_t big_endian;
    std::memcpy(&big_endian, address.bytes.data(), sizeof big_endian);
    return big_endian;
}

model::ServiceKey key_of(uint16_t protocol, uint32_t address, uint16_t port, uint32_t mark) {
    model::ServiceKey key;
    key.mark = mark;
    if (mark) return key;
    key.protocol = static_cast<model::Protocol>(protocol);
    key.address = address_of(address);
    key.port = ntohs(port);
    return key;
}

template <size_t size>
void put_text(char (&field)[size], const std::string& text) {
    text.copy(field, size - 1);
}

template <size_t size>
std::string text_of(const char (&field)[size]) {
    return {field, strnlen(field, size)};
}

ip_vs_stats_user stats_of(const model::Counters& counters, const model::Rates& rates) {
    ip_vs_stats_user user{};
    user.conns = static_cast<uint32_t>(counters.connections);
    user.inpkts = static_cast<uint32_t>(counters.in_packets);
    user.outpkts = static_cast<uint32_t>(counters.out_packets);
    user.inbytes = counters.in_bytes;
    user.outbytes = counters.out_bytes;
    user.cps = static_cast<uint32_t>(rates.connections);
    user.inpps = static_cast<uint32_t>(rates.in_packets);
    user.outpps = static_cast<uint32_t>(rates.out_packets);
    user.inbps = static_cast<uint32_t>(rates.in_bytes);
    user.outbps = static_cast<uint32_t>(rates.out_bytes);
    return user;
}

}  // namespace

model::ServiceKey key_of(const ip_vs_service_user& user) {
    return key_of(user.protocol, user.addr, user.port, user.fwmark);
}

model::ServiceKey key_of(const ip_vs_get_dests& user) {
    return key_of(user.protocol, user.addr, user.port, user.fwmark);
}

Result<model::Service> service_of(const ip_vs_service_user& user) {
    model::Service service;
    service.scheduler = text_of(user.sched_name);
    if (service.scheduler.size() == sizeof user.sched_name)
        return fail(EINVAL, "malformed call: name of a scheduler");
    if (user.protocol != IPPROTO_TCP && user.protocol != IPPROTO_UDP &&
        user.protocol != IPPROTO_SCTP)
        return fail(EFAULT, "a service is of TCP, UDP or SCTP");
    service.key = key_of(user);
    service.flags = user.flags & ~uint32_t{IP_VS_SVC_F_HASHED};
    service.persistence_timeout_s = user.timeout;
    service.netmask = ntohl(user.netmask);
    return service;
}

Result<model::Server> server_of(const ip_vs_dest_user& user) {
    const uint32_t method = user.conn_flags & IP_VS_CONN_F_FWD_MASK;
    if (method > static_cast<uint32_t>(model::Method::direct))
        return fail(EINVAL, "malformed call: forwarding method");
    model::Server server;
    server.key = {address_of(user.addr), ntohs(user.port)};
    server.method = static_cast<model::Method>(method);
    server.weight = user.weight;
    server.upper_threshold = user.u_threshold;
    server.lower_threshold = user.l_threshold;
    return server;
}

Result<model::Timeouts> timeouts_of(const ip_vs_timeout_user& user) {
    const auto [least, most] =
        std::minmax({user.tcp_timeout, user.tcp_fin_timeout, user.udp_timeout});
    if (least < 0 || static_cast<uint32_t>(most) > longest_timeout_s)
        return fail(EINVAL, "a timeout is below zero or too long");
    return model::Timeouts{static_cast<uint32_t>(user.tcp_timeout),
                           static_cast<uint32_t>(user.tcp_fin_timeout),
                           static_cast<uint32_t>(user.udp_timeout)};
}

Result<model::SyncDaemon> daemon_of(const ip_vs_daemon_user& user) {
    if (user.state != IP_VS_STATE_MASTER && user.state != IP_VS_STATE_BACKUP)
        return fail(EINVAL, "a sync daemon that is neither master nor backup");
    model::SyncDaemon daemon;
    daemon.role = static_cast<model::SyncRole>(user.state);
    daemon.interface = text_of(user.mcast_ifn);
    daemon.sync_id = static_cast<uint32_t>(user.syncid);
    return daemon;
}

ip_vs_service_entry entry_of(const model::ServiceReport& report) {
    const model::Service& service = report.service;
    ip_vs_service_entry entry{};
    const auto protocol = service.key.mark ? model::Protocol::tcp : service.key.protocol;
    entry.protocol = static_cast<uint16_t>(protocol);
    entry.addr = big_endian_of(service.key.address);
    entry.port = htons(service.key.port);
    entry.fwmark = service.key.mark;
    put_text(entry.sched_name, service.scheduler);
    entry.flags = service.flags | IP_VS_SVC_F_HASHED;
    entry.timeout = service.persistence_timeout_s;
    entry.netmask = htonl(service.netmask);
    entry.num_dests = report.server_count;
    entry.stats = stats_of(report.counters, report.rates);
    return entry;
}

ip_vs_dest_entry entry_of(const model::ServerReport& report) {
    const model::Server& server = report.server;
    ip_vs_dest_entry entry{};
    entry.addr = big_endian_of(server.key.address);
    entry.port = htons(server.key.port);
    entry.conn_flags = static_cast<uint32_t>(server.method);
    entry.weight = server.weight_now();
    entry.u_threshold = server.upper_threshold;
    entry.l_threshold = server.lower_threshold;
    entry.activeconns = report.active;
    entry.inactconns = report.inactive;
    entry.persistconns = report.persistent;
    entry.stats = stats_of(report.counters, report.rates);
    return entry;
}

ip_vs_timeout_user user_of(const model::Timeouts& timeouts) {
    return {static_cast<int>(timeouts.tcp_s), static_cast<int>(timeouts.tcp_fin_s),
            static_cast<int>(timeouts.udp_s)};
}

ip_vs_daemon_user user_of(const model::SyncDaemon& daemon) {
    ip_vs_daemon_user user{};
    user.state = static_cast<int>(daemon.role);
    put_text(user.mcast_ifn, daemon.interface);
    user.syncid = static_cast<int>(daemon.sync_id);
    return user;
}

}  // namespace turnout::ipvs
