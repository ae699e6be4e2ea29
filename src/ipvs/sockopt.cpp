#include "ipvs/sockopt.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "ipvs/change_codec.hpp"
#include "ipvs/sockopt_codec.hpp"

namespace turnout::ipvs {
namespace {

struct Length {
    uint16_t option;
    size_t bytes;
};

// An argument is exactly so long.
constexpr std::array<Length, 11> set_lengths{{
    {IP_VS_SO_SET_ADD, sizeof(ip_vs_service_user)},
    {IP_VS_SO_SET_EDIT, sizeof(ip_vs_service_user)},
    {IP_VS_SO_SET_DEL, sizeof(ip_vs_service_user)},
    {IP_VS_SO_SET_FLUSH, 0},
    {IP_VS_SO_SET_ADDDEST, sizeof(ip_vs_service_user) + sizeof(ip_vs_dest_user)},
    {IP_VS_SO_SET_DELDEST, sizeof(ip_vs_service_user) + sizeof(ip_vs_dest_user)},
    {IP_VS_SO_SET_EDITDEST, sizeof(ip_vs_service_user) + sizeof(ip_vs_dest_user)},
    {IP_VS_SO_SET_TIMEOUT, sizeof(ip_vs_timeout_user)},
    {IP_VS_SO_SET_STARTDAEMON, sizeof(ip_vs_daemon_user)},
    {IP_VS_SO_SET_STOPDAEMON, sizeof(ip_vs_daemon_user)},
    {IP_VS_SO_SET_ZERO, sizeof(ip_vs_service_user)},
}};

constexpr size_t version_length = 64;

// A buffer is at least so long.
constexpr std::array<Length, 7> get_lengths{{
    {IP_VS_SO_GET_VERSION, version_length},
    {IP_VS_SO_GET_INFO, sizeof(ip_vs_getinfo)},
    {IP_VS_SO_GET_SERVICES, sizeof(ip_vs_get_services)},
    {IP_VS_SO_GET_SERVICE, sizeof(ip_vs_service_entry)},
    {IP_VS_SO_GET_DESTS, sizeof(ip_vs_get_dests)},
    {IP_VS_SO_GET_TIMEOUT, sizeof(ip_vs_timeout_user)},
    {IP_VS_SO_GET_DAEMON, 2 * sizeof(ip_vs_daemon_user)},
}};

template <class Table>
const Length* find(const Table& table, uint16_t option) {
    const auto at = std::ranges::find(table, option, &Length::option);
    return at == table.end() ? nullptr : &*at;
}

std::unexpected<Error> wrong_length() {
    return fail(EINVAL, "malformed call: no such option, or not of its length");
}

bool is_ipv4(const model::ServiceReport& report) {
    return report.service.key.address.family == model::Family::ipv4;
}

bool names_nothing(const ip_vs_service_user& user) {
    return user.fwmark == 0 && user.addr == 0 && user.port == 0;
}

Status set_service(model::Control& control, uint16_t option, const ip_vs_service_user& user) {
    if (option == IP_VS_SO_SET_ZERO && names_nothing(user))
        return control.apply(model::ZeroCounters{});
    const auto service = service_of(user);
    if (!service) return std::unexpected(service.error());
    switch (option) {
        case IP_VS_SO_SET_ADD:
            return control.apply(model::AddService{*service});
        case IP_VS_SO_SET_EDIT:
            return control.apply(model::EditService{*service});
        case IP_VS_SO_SET_DEL:
            return control.apply(model::RemoveService{service->key});
        default:
            return control.apply(model::ZeroCounters{service->key});
    }
}

Status set_server(model::Control& control, uint16_t option, View argument) {
    const auto service = service_of(read<ip_vs_service_user>(argument));
    if (!service) return std::unexpected(service.error());
    if (auto known = control.service(service->key); !known) return std::unexpected(known.error());
    const auto user = read<ip_vs_dest_user>(argument.subspan(sizeof(ip_vs_service_user)));
    const auto server = server_of(user);
    if (!server) return std::unexpected(server.error());
    switch (option) {
        case IP_VS_SO_SET_ADDDEST:
            return control.apply(model::AddServer{service->key, *server});
        case IP_VS_SO_SET_EDITDEST:
            return control.apply(model::EditServer{service->key, *server});
        default:
            return control.apply(model::RemoveServer{service->key, server->key});
    }
}

Status set_daemon(model::Control& control, uint16_t option, const ip_vs_daemon_user& user) {
    const auto daemon = daemon_of(user);
    if (!daemon) return std::unexpected(daemon.error());
    if (option == IP_VS_SO_SET_STOPDAEMON) return control.apply(model::StopDaemon{daemon->role});
    if (daemon->interface.empty()) return fail(EINVAL, "a sync daemon without an interface");
    return control.apply(model::StartDaemon{*daemon});
}

Bytes version(const model::Control& control) {
    char text[version_length];
    const int length = std::snprintf(
        text, sizeof text, "IP Virtual Server version %u.%u.%u (size=%u)", ipvs_version >> 16,
        ipvs_version >> 8 & 0xff, ipvs_version & 0xff, control.connection_table_size());
    return {text, text + length + 1};
}

Bytes info(const model::Control& control) {
    const auto services = control.services();
    const auto count = static_cast<uint32_t>(std::ranges::count_if(services, is_ipv4));
    return bytes_of(ip_vs_getinfo{ipvs_version, control.connection_table_size(), count});
}

// The head of the caller's buffer stays; behind it come as many entries as it counts, or fewer.
Result<Bytes> services(const model::Control& control, uint32_t length, View key) {
    const auto head = read<ip_vs_get_services>(key);
    const uint64_t room = sizeof head + uint64_t{head.num_services} * sizeof(ip_vs_service_entry);
    if (length != room) return wrong_length();
    Bytes bytes = bytes_of(head);
    for (const auto& report : control.services())
        if (is_ipv4(report) && bytes.size() < room) append(bytes, entry_of(report));
    return bytes;
}

Result<Bytes> service(const model::Control& control, View key) {
    const auto report = control.service(key_of(read<ip_vs_service_user>(key)));
    if (!report) return std::unexpected(report.error());
    return bytes_of(entry_of(*report));
}

Result<Bytes> servers(const model::Control& control, uint32_t length, View key) {
    const auto head = read<ip_vs_get_dests>(key);
    const uint64_t room = sizeof head + uint64_t{head.num_dests} * sizeof(ip_vs_dest_entry);
    if (length != room) return wrong_length();
    const auto reports = control.servers(key_of(head));
    if (!reports) return std::unexpected(reports.error());
    Bytes bytes = bytes_of(head);
    for (const auto& report : *reports) {
        const bool ipv4 = report.server.key.address.family == model::Family::ipv4;
        if (ipv4 && bytes.size() < room) append(bytes, entry_of(report));
    }
    return bytes;
}

// Two places: the master's and the backup's.
Bytes daemons(const model::Control& control) {
    std::array<ip_vs_daemon_user, 2> places{};
    for (const auto& daemon : control.daemons())
        places[daemon.role == model::SyncRole::master ? 0 : 1] = user_of(daemon);
    return bytes_of(places);
}

}  // namespace

Status set_by_sockopt(model::Control& control, uint16_t option, View argument) {
    const Length* known = find(set_lengths, option);
    if (!known || argument.size() != known->bytes) return wrong_length();
    switch (option) {
        case IP_VS_SO_SET_FLUSH:
            return control.apply(model::RemoveAll{});
        case IP_VS_SO_SET_TIMEOUT: {
            const auto timeouts = timeouts_of(read<ip_vs_timeout_user>(argument));
            return timeouts ? control.apply(model::SetTimeouts{*timeouts})
                            : std::unexpected(timeouts.error());
        }
        case IP_VS_SO_SET_STARTDAEMON:
        case IP_VS_SO_SET_STOPDAEMON:
            return set_daemon(control, option, read<ip_vs_daemon_user>(argument));
        case IP_VS_SO_SET_ADDDEST:
        case IP_VS_SO_SET_EDITDEST:
        case IP_VS_SO_SET_DELDEST:
            return set_server(control, option, argument);
        default:
            return set_service(control, option, read<ip_vs_service_user>(argument));
    }
}

Result<Bytes> get_by_sockopt(const model::Control& control, uint16_t option, uint32_t length,
                             View key) {
    const Length* known = find(get_lengths, option);
    if (!known || length < known->bytes ||
        key.size() < std::min<size_t>(known->bytes, longest_sockopt_key))
        return wrong_length();
    switch (option) {
        case IP_VS_SO_GET_VERSION:
            return version(control);
        case IP_VS_SO_GET_INFO:
            return info(control);
        case IP_VS_SO_GET_SERVICES:
            return services(control, length, key);
        case IP_VS_SO_GET_SERVICE:
            return service(control, key);
        case IP_VS_SO_GET_DESTS:
            return servers(control, length, key);
        case IP_VS_SO_GET_TIMEOUT:
            return bytes_of(user_of(control.timeouts()));
        default:
            return daemons(control);
    }
}

}  // namespace turnout::ipvs
