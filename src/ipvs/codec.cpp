#include "ipvs/codec.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace turnout::ipvs {
namespace {

using model::Address;
using model::Family;

constexpr size_t longest_scheduler = IP_VS_SCHEDNAME_MAXLEN - 1;
constexpr size_t longest_engine = IP_VS_PENAME_MAXLEN;  // the kernel takes one more than it keeps
constexpr size_t longest_interface = IP_VS_IFNAME_MAXLEN - 1;

// A field holds no more.
std::string_view cut(const std::string& name, size_t longest) {
    return std::string_view(name).substr(0, longest);
}

std::unexpected<Error> malformed(const char* what) {
    return fail(EINVAL, std::string("malformed message: ") + what);
}

std::optional<Family> get_family(uint16_t number) {
    if (number == AF_INET) return Family::ipv4;
    if (number == AF_INET6) return Family::ipv6;
    return std::nullopt;
}

std::optional<Address> get_address(View bytes, Family family) {
    Address address{family, {}};
    const size_t length = family == Family::ipv4 ? 4 : 16;
    if (bytes.size() < length) return std::nullopt;
    std::copy_n(bytes.begin(), length, address.bytes.begin());
    return address;
}

// The model keeps an IPv4 mask as a host-order number and an IPv6 prefix length as it is.
uint32_t swapped_if_ipv4(uint32_t netmask, Family family) {
    return family == Family::ipv4 ? htonl(netmask) : netmask;
}

// The same ten numbers twice: with the widths of old (STATS), then all in 64 bits (STATS64).
void put_stats(Writer& to, const model::Counters& counters, const model::Rates& rates,
               uint16_t stats, uint16_t stats64) {
    const auto narrow = [&](uint16_t type, uint64_t value) {
        to.u32(type, static_cast<uint32_t>(value));
    };
    to.nest(stats, [&] {
        narrow(IPVS_STATS_ATTR_CONNS, counters.connections);
        narrow(IPVS_STATS_ATTR_INPKTS, counters.in_packets);
        narrow(IPVS_STATS_ATTR_OUTPKTS, counters.out_packets);
        to.u64(IPVS_STATS_ATTR_INBYTES, counters.in_bytes);
        to.u64(IPVS_STATS_ATTR_OUTBYTES, counters.out_bytes);
        narrow(IPVS_STATS_ATTR_CPS, rates.connections);
        narrow(IPVS_STATS_ATTR_INPPS, rates.in_packets);
        narrow(IPVS_STATS_ATTR_OUTPPS, rates.out_packets);
        narrow(IPVS_STATS_ATTR_INBPS, rates.in_bytes);
        narrow(IPVS_STATS_ATTR_OUTBPS, rates.out_bytes);
    });
    to.nest(stats64, [&] {
        to.u64(IPVS_STATS_ATTR_CONNS, counters.connections);
        to.u64(IPVS_STATS_ATTR_INPKTS, counters.in_packets);
        to.u64(IPVS_STATS_ATTR_OUTPKTS, counters.out_packets);
        to.u64(IPVS_STATS_ATTR_INBYTES, counters.in_bytes);
        to.u64(IPVS_STATS_ATTR_OUTBYTES, counters.out_bytes);
        to.u64(IPVS_STATS_ATTR_CPS, rates.connections);
        to.u64(IPVS_STATS_ATTR_INPPS, rates.in_packets);
        to.u64(IPVS_STATS_ATTR_OUTPPS, rates.out_packets);
        to.u64(IPVS_STATS_ATTR_INBPS, rates.in_bytes);
        to.u64(IPVS_STATS_ATTR_OUTBPS, rates.out_bytes);
    });
}

// From STATS64, which our director always sends.
void get_stats(const Attributes& from, uint16_t stats64, model::Counters& counters,
               model::Rates& rates) {
    const Attributes stats = from.nest(stats64).value_or(Attributes{});
    const auto number = [&](uint16_t type) { return stats.u64(type).value_or(0); };
    counters = {number(IPVS_STATS_ATTR_CONNS), number(IPVS_STATS_ATTR_INPKTS),
                number(IPVS_STATS_ATTR_OUTPKTS), number(IPVS_STATS_ATTR_INBYTES),
                number(IPVS_STATS_ATTR_OUTBYTES)};
    rates = {number(IPVS_STATS_ATTR_CPS), number(IPVS_STATS_ATTR_INPPS),
             number(IPVS_STATS_ATTR_OUTPPS), number(IPVS_STATS_ATTR_INBPS),
             number(IPVS_STATS_ATTR_OUTBPS)};
}

Result<Family> get_dest_family(const Attributes& from, Family of_service) {
    const uint16_t number = from.u16(IPVS_DEST_ATTR_ADDR_FAMILY).value_or(AF_UNSPEC);
    if (number == AF_UNSPEC) return of_service;
    if (const auto family = get_family(number)) return *family;
    return fail(EAFNOSUPPORT, "a server's address is neither IPv4 nor IPv6");
}

Status get_tunnel(const Attributes& from, model::Tunnel& tunnel) {
    const uint8_t type = from.u8(IPVS_DEST_ATTR_TUN_TYPE).value_or(0);
    if (type > static_cast<uint8_t>(model::TunnelType::gre)) return malformed("tunnel type");
    tunnel.type = static_cast<model::TunnelType>(type);
    tunnel.port = from.be16(IPVS_DEST_ATTR_TUN_PORT).value_or(0);
    tunnel.flags = from.u16(IPVS_DEST_ATTR_TUN_FLAGS).value_or(0);
    return {};
}

}  // namespace

void put_service_key(Writer& to, const model::ServiceKey& key) {
    to.u16(IPVS_SVC_ATTR_AF, static_cast<uint16_t>(key.address.family));
    if (key.mark != 0) {
        to.u32(IPVS_SVC_ATTR_FWMARK, key.mark);
        return;
    }
    to.u16(IPVS_SVC_ATTR_PROTOCOL, static_cast<uint16_t>(key.protocol));
    to.bytes(IPVS_SVC_ATTR_ADDR, key.address.bytes);
    to.be16(IPVS_SVC_ATTR_PORT, key.port);
}

void put_service(Writer& to, const model::Service& service, uint32_t flags_mask) {
    put_service_key(to, service.key);
    to.text(IPVS_SVC_ATTR_SCHED_NAME, cut(service.scheduler, longest_scheduler));
    if (!service.persistence_engine.empty())
        to.text(IPVS_SVC_ATTR_PE_NAME, cut(service.persistence_engine, longest_engine));
    const ip_vs_flags flags{service.flags, flags_mask};
    to.bytes(IPVS_SVC_ATTR_FLAGS, {reinterpret_cast<const uint8_t*>(&flags), sizeof flags});
    to.u32(IPVS_SVC_ATTR_TIMEOUT, service.persistence_timeout_s);
    to.u32(IPVS_SVC_ATTR_NETMASK, swapped_if_ipv4(service.netmask, service.key.address.family));
}

void put_report(Writer& to, const model::ServiceReport& report) {
    model::Service service = report.service;
    service.flags |= IP_VS_SVC_F_HASHED;  // as the kernel shows every service that is in use
    put_service(to, service, ~0u);
    put_stats(to, report.counters, report.rates, IPVS_SVC_ATTR_STATS, IPVS_SVC_ATTR_STATS64);
}

Result<model::ServiceKey> get_service_key(const Attributes& from) {
    const auto family_number = from.u16(IPVS_SVC_ATTR_AF);
    if (!family_number) return malformed("a service without an address family");
    const auto mark = from.u32(IPVS_SVC_ATTR_FWMARK);
    const auto protocol = from.u16(IPVS_SVC_ATTR_PROTOCOL);
    const auto port = from.be16(IPVS_SVC_ATTR_PORT);
    if (!mark && !(protocol && port && from.has(IPVS_SVC_ATTR_ADDR)))
        return malformed("a service without protocol, address and port");
    const auto family = get_family(*family_number);
    if (!family) return fail(EAFNOSUPPORT, "a service's address is neither IPv4 nor IPv6");

    model::ServiceKey key;
    key.address.family = *family;
    if (mark) {
        key.mark = *mark;
        return key;
    }
    const auto address = get_address(from.bytes(IPVS_SVC_ATTR_ADDR), *family);
    if (!address || *protocol > UINT8_MAX) return malformed("protocol or address of a service");
    key.protocol = static_cast<model::Protocol>(*protocol);
    key.address = *address;
    key.port = *port;
    return key;
}

Result<model::EditService> get_service(const Attributes& from) {
    const auto key = get_service_key(from);
    if (!key) return std::unexpected(key.error());
    const auto scheduler = from.text(IPVS_SVC_ATTR_SCHED_NAME, longest_scheduler);
    const auto timeout = from.u32(IPVS_SVC_ATTR_TIMEOUT);
    const auto netmask = from.u32(IPVS_SVC_ATTR_NETMASK);
    ip_vs_flags flags{};
    const View flag_bytes = from.bytes(IPVS_SVC_ATTR_FLAGS);
    if (!scheduler || !timeout || !netmask || flag_bytes.size() < sizeof flags)
        return malformed("a service without scheduler, timeout, netmask or flags");
    std::memcpy(&flags, flag_bytes.data(), sizeof flags);

    model::EditService edit;
    edit.service.key = *key;
    edit.service.scheduler = *scheduler;
    edit.service.flags = flags.flags & flags.mask & ~uint32_t{IP_VS_SVC_F_HASHED};
    edit.service.persistence_timeout_s = *timeout;
    edit.service.netmask = swapped_if_ipv4(*netmask, key->address.family);
    edit.flags_mask = flags.mask;
    if (from.has(IPVS_SVC_ATTR_PE_NAME)) {
        const auto engine = from.text(IPVS_SVC_ATTR_PE_NAME, longest_engine);
        if (!engine) return malformed("name of a persistence engine");
        edit.service.persistence_engine = *engine;
    }
    return edit;
}

Result<model::ServiceReport> get_service_report(const Attributes& from) {
    auto read = get_service(from);
    if (!read) return std::unexpected(read.error());
    model::ServiceReport report;
    report.service = std::move(read->service);
    get_stats(from, IPVS_SVC_ATTR_STATS64, report.counters, report.rates);
    return report;
}

void put_server_key(Writer& to, const model::ServerKey& key) {
    to.u16(IPVS_DEST_ATTR_ADDR_FAMILY, static_cast<uint16_t>(key.address.family));
    to.bytes(IPVS_DEST_ATTR_ADDR, key.address.bytes);
    to.be16(IPVS_DEST_ATTR_PORT, key.port);
}

void put_server(Writer& to, const model::Server& server) {
    put_server_key(to, server.key);
    to.u32(IPVS_DEST_ATTR_FWD_METHOD, static_cast<uint32_t>(server.method));
    to.u32(IPVS_DEST_ATTR_WEIGHT, static_cast<uint32_t>(server.weight_now()));
    to.u8(IPVS_DEST_ATTR_TUN_TYPE, static_cast<uint8_t>(server.tunnel.type));
    to.be16(IPVS_DEST_ATTR_TUN_PORT, server.tunnel.port);
    to.u16(IPVS_DEST_ATTR_TUN_FLAGS, server.tunnel.flags);
    to.u32(IPVS_DEST_ATTR_U_THRESH, server.upper_threshold);
    to.u32(IPVS_DEST_ATTR_L_THRESH, server.lower_threshold);
}

void put_report(Writer& to, const model::ServerReport& report) {
    put_server(to, report.server);
    to.u32(IPVS_DEST_ATTR_ACTIVE_CONNS, report.active);
    to.u32(IPVS_DEST_ATTR_INACT_CONNS, report.inactive);
    to.u32(IPVS_DEST_ATTR_PERSIST_CONNS, report.persistent);
    put_stats(to, report.counters, report.rates, IPVS_DEST_ATTR_STATS, IPVS_DEST_ATTR_STATS64);
}

Result<model::ServerKey> get_server_key(const Attributes& from, Family of_service) {
    const auto port = from.be16(IPVS_DEST_ATTR_PORT);
    if (!port || !from.has(IPVS_DEST_ATTR_ADDR)) return malformed("a server without its address");
    const auto family = get_dest_family(from, of_service);
    if (!family) return std::unexpected(family.error());
    const auto address = get_address(from.bytes(IPVS_DEST_ATTR_ADDR), *family);
    if (!address) return malformed("address of a server");
    return model::ServerKey{*address, *port};
}

Result<model::Server> get_server(const Attributes& from, Family of_service) {
    const auto method = from.u32(IPVS_DEST_ATTR_FWD_METHOD);
    const auto weight = from.u32(IPVS_DEST_ATTR_WEIGHT);
    const auto upper = from.u32(IPVS_DEST_ATTR_U_THRESH);
    const auto lower = from.u32(IPVS_DEST_ATTR_L_THRESH);
    if (!method || !weight || !upper || !lower)
        return malformed("a server without method, weight or thresholds");
    const auto key = get_server_key(from, of_service);
    if (!key) return std::unexpected(key.error());
    const uint32_t method_number = *method & IP_VS_CONN_F_FWD_MASK;
    if (method_number > static_cast<uint32_t>(model::Method::direct))
        return malformed("forwarding method");

    model::Server server;
    server.key = *key;
    server.method = static_cast<model::Method>(method_number);
    server.weight = static_cast<int32_t>(*weight);
    server.upper_threshold = *upper;
    server.lower_threshold = *lower;
    if (auto ok = get_tunnel(from, server.tunnel); !ok) return std::unexpected(ok.error());
    return server;
}

Result<model::ServerReport> get_server_report(const Attributes& from, Family of_service) {
    const auto server = get_server(from, of_service);
    if (!server) return std::unexpected(server.error());
    model::ServerReport report;
    report.server = *server;
    report.active = from.u32(IPVS_DEST_ATTR_ACTIVE_CONNS).value_or(0);
    report.inactive = from.u32(IPVS_DEST_ATTR_INACT_CONNS).value_or(0);
    report.persistent = from.u32(IPVS_DEST_ATTR_PERSIST_CONNS).value_or(0);
    get_stats(from, IPVS_DEST_ATTR_STATS64, report.counters, report.rates);
    return report;
}

void put_daemon(Writer& to, const model::SyncDaemon& daemon) {
    to.u32(IPVS_DAEMON_ATTR_STATE, static_cast<uint32_t>(daemon.role));
    to.text(IPVS_DAEMON_ATTR_MCAST_IFN, cut(daemon.interface, longest_interface));
    to.u32(IPVS_DAEMON_ATTR_SYNC_ID, daemon.sync_id);
    // To start one, what is not given is left out.
    if (daemon.longest_message) to.u16(IPVS_DAEMON_ATTR_SYNC_MAXLEN, daemon.longest_message);
    if (daemon.port) to.u16(IPVS_DAEMON_ATTR_MCAST_PORT, daemon.port);
    if (daemon.ttl) to.u8(IPVS_DAEMON_ATTR_MCAST_TTL, daemon.ttl);
    if (!daemon.group) return;
    const View bytes(daemon.group->bytes);
    if (daemon.group->family == Family::ipv4)
        to.bytes(IPVS_DAEMON_ATTR_MCAST_GROUP, bytes.first(4));
    else
        to.bytes(IPVS_DAEMON_ATTR_MCAST_GROUP6, bytes);
}

Result<model::SyncRole> get_sync_role(const Attributes& from) {
    const auto role = from.u32(IPVS_DAEMON_ATTR_STATE);
    if (role == IP_VS_STATE_MASTER) return model::SyncRole::master;
    if (role == IP_VS_STATE_BACKUP) return model::SyncRole::backup;
    return malformed("a sync daemon that is neither master nor backup");
}

Result<model::SyncDaemon> get_daemon(const Attributes& from) {
    const auto role = get_sync_role(from);
    if (!role) return std::unexpected(role.error());
    const auto interface = from.text(IPVS_DAEMON_ATTR_MCAST_IFN, longest_interface);
    const auto sync_id = from.u32(IPVS_DAEMON_ATTR_SYNC_ID);
    if (!interface || !sync_id) return malformed("a sync daemon without interface or id");
    model::SyncDaemon daemon;
    daemon.role = *role;
    daemon.interface = *interface;
    daemon.sync_id = *sync_id;
    daemon.longest_message = from.u16(IPVS_DAEMON_ATTR_SYNC_MAXLEN).value_or(0);
    daemon.port = from.u16(IPVS_DAEMON_ATTR_MCAST_PORT).value_or(0);
    daemon.ttl = from.u8(IPVS_DAEMON_ATTR_MCAST_TTL).value_or(0);
    if (from.has(IPVS_DAEMON_ATTR_MCAST_GROUP))
        daemon.group = get_address(from.bytes(IPVS_DAEMON_ATTR_MCAST_GROUP), Family::ipv4);
    else if (from.has(IPVS_DAEMON_ATTR_MCAST_GROUP6))
        daemon.group = get_address(from.bytes(IPVS_DAEMON_ATTR_MCAST_GROUP6), Family::ipv6);
    return daemon;
}

void put_timeouts(Writer& to, const model::Timeouts& timeouts) {
    to.u32(IPVS_CMD_ATTR_TIMEOUT_TCP, timeouts.tcp_s);
    to.u32(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, timeouts.tcp_fin_s);
    to.u32(IPVS_CMD_ATTR_TIMEOUT_UDP, timeouts.udp_s);
}

model::Timeouts get_timeouts(const Attributes& from) {
    return {from.u32(IPVS_CMD_ATTR_TIMEOUT_TCP).value_or(0),
            from.u32(IPVS_CMD_ATTR_TIMEOUT_TCP_FIN).value_or(0),
            from.u32(IPVS_CMD_ATTR_TIMEOUT_UDP).value_or(0)};
}

void put_info(Writer& to, const Info& info) {
    to.u32(IPVS_INFO_ATTR_VERSION, info.version);
    to.u32(IPVS_INFO_ATTR_CONN_TAB_SIZE, info.connection_table_size);
}

Result<Info> get_info(const Attributes& from) {
    const auto version = from.u32(IPVS_INFO_ATTR_VERSION);
    const auto size = from.u32(IPVS_INFO_ATTR_CONN_TAB_SIZE);
    if (!version || !size) return malformed("version or table size");
    return Info{*version, *size};
}

}  // namespace turnout::ipvs
