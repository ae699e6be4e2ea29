#include "cli/ipvsadm/listing.hpp"

#include "base/format.hpp"
#include "cli/ipvsadm/values.hpp"

namespace turnout::ipvsadm {
namespace {

// Columns; a longer IPv4 name is cut, a longer IPv6 name pushes the rest to the right.
constexpr size_t service_width = 33;
constexpr size_t server_width = 28;

std::string cut(std::string name, model::Family family, size_t width) {
    if (family == model::Family::ipv4 && name.size() > width) name.resize(width);
    return name;
}

// " wlc (sh-port) persistent 360 mask 255.255.255.0 pe sip ops"
std::string service_flags(const model::Service& service) {
    namespace bits = model::service_flag;
    std::string text = " " + service.scheduler;
    if (service.flags & (bits::scheduler_1 | bits::scheduler_2 | bits::scheduler_3))
        text += " (" + scheduler_flags(service.scheduler, service.flags) + ")";
    if (service.persistent()) {
        text += format(" persistent %u", service.persistence_timeout_s);
        const model::Family family = service.key.address.family;
        if (service.netmask != whole_address(family))
            text += " mask " + netmask_text(service.netmask, family);
        if (!service.persistence_engine.empty()) text += " pe " + service.persistence_engine;
    }
    if (service.flags & bits::one_packet) text += " ops";
    return text;
}

// "n/a", "ipip", "gue:6080:+c", "gre:-c"
std::string tunnel_name(const model::Server& server) {
    if (server.method != model::Method::tunnel) return "n/a";
    static constexpr const char* checksums[] = {"-c", "+c", "r+c"};
    const model::Tunnel& tunnel = server.tunnel;
    const char* checksum = tunnel.flags < 3 ? checksums[tunnel.flags] : "?";
    switch (tunnel.type) {
        case model::TunnelType::ipip:
            return "ipip";
        case model::TunnelType::gue:
            return format("gue:%u:%s", tunnel.port, checksum);
        case model::TunnelType::gre:
            return format("gre:%s", checksum);
    }
    return "?";
}

}  // namespace

Form form_of(OptionSet given) {
    if (given.has(Option::stats)) return Form::stats;
    if (given.has(Option::rate)) return Form::rate;
    if (given.has(Option::thresholds)) return Form::thresholds;
    if (given.has(Option::persistent_conn)) return Form::persistent;
    if (given.has(Option::tun_info)) return Form::tunnels;
    return Form::plain;
}

std::string large_number(uint64_t number, bool exact) {
    const unsigned long long n = number;
    if (exact) return format(n < 100'000'000 ? "%9llu" : " %llu", n);
    if (n < 100'000'000) return format("%9llu", n);
    if (n < 1'000'000'000) return format("%8lluK", n / 1000);
    if (n < 100'000'000'000) return format("%8lluM", n / 1'000'000);
    if (n < 100'000'000'000'000) return format("%8lluG", n / 1'000'000'000);
    return format("%8lluT", n / 1'000'000'000'000);
}

std::string Listing::version_line(const ipvs::Info& info) {
    const uint32_t v = info.version;
    return format("IP Virtual Server version %u.%u.%u (size=%u)\n", v >> 16 & 0xff, v >> 8 & 0xff,
                  v & 0xff, info.connection_table_size);
}

std::string Listing::title() const {
    const char* local = "Prot LocalAddress:Port";
    const std::string remote = "  -> RemoteAddress:Port\n";
    switch (form_) {
        case Form::stats:
            return format("%-33s %8s %8s %8s %8s %8s\n", local, "Conns", "InPkts", "OutPkts",
                          "InBytes", "OutBytes") +
                   remote;
        case Form::rate:
            return format("%-33s %8s %8s %8s %8s %8s\n", local, "CPS", "InPPS", "OutPPS", "InBPS",
                          "OutBPS") +
                   remote;
        case Form::thresholds:
            return format("%-33s %-10s %-10s %-10s %-10s\n", local, "Uthreshold", "Lthreshold",
                          "ActiveConn", "InActConn") +
                   remote;
        case Form::persistent:
            return format("%-33s %-9s %-11s %-10s %-10s\n", local, "Weight", "PersistConn",
                          "ActiveConn", "InActConn") +
                   remote;
        case Form::tunnels:
            return "Prot LocalAddress:Port Scheduler Flags\n"
                   "  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn "
                   "InActConn\n";
        case Form::plain:
            break;
    }
    return "Prot LocalAddress:Port Scheduler Flags\n"
           "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n";
}

std::string Listing::service_name(const model::ServiceKey& key) const {
    // A mark is shown as a signed number, as ipvsadm always did.
    if (key.mark != 0)
        return format("FWM  %d%s", static_cast<int32_t>(key.mark),
                      key.address.family == model::Family::ipv6 ? " IPv6" : "");
    const std::string name = names_.endpoint(key.address, key.port, key.protocol);
    return cut(format("%-4s %s", to_string(key.protocol), name.c_str()), key.address.family,
               service_width);
}

std::string Listing::five(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e) const {
    std::string text;
    for (const uint64_t number : {a, b, c, d, e}) text += large_number(number, exact_);
    return text;
}

std::string Listing::counters(const model::Counters& n) const {
    return five(n.connections, n.in_packets, n.out_packets, n.in_bytes, n.out_bytes);
}

std::string Listing::service(const model::ServiceReport& report) const {
    const std::string name = service_name(report.service.key);
    const model::Rates& r = report.rates;
    if (form_ == Form::stats)
        return format("%-33s", name.c_str()) + counters(report.counters) + "\n";
    if (form_ == Form::rate)
        return format("%-33s", name.c_str()) +
               five(r.connections, r.in_packets, r.out_packets, r.in_bytes, r.out_bytes) + "\n";
    return name + service_flags(report.service) + "\n";
}

std::string Listing::server(const model::ServerReport& report, const model::ServiceKey& of) const {
    const model::Server& server = report.server;
    const model::Address& address = server.key.address;
    const std::string name =
        cut(names_.endpoint(address, server.key.port, of.protocol), address.family, server_width);
    const std::string line = format("  -> %-28s", name.c_str());
    const std::string connections = format(" %-10u %-10u\n", report.active, report.inactive);
    const char* method = to_string(server.method);
    const model::Rates& r = report.rates;
    switch (form_) {
        case Form::stats:
            return line + counters(report.counters) + "\n";
        case Form::rate:
            return line +
                   format(" %8llu %8llu %8llu", static_cast<unsigned long long>(r.connections),
                          static_cast<unsigned long long>(r.in_packets),
                          static_cast<unsigned long long>(r.out_packets)) +
                   large_number(r.in_bytes, exact_) + large_number(r.out_bytes, exact_) + "\n";
        case Form::thresholds:
            return line + format(" %-10u %-10u", server.upper_threshold, server.lower_threshold) +
                   connections;
        case Form::persistent:
            return line + format(" %-9d %-11u", server.weight, report.persistent) + connections;
        case Form::tunnels:
            return line +
                   format(" %-7s %-13s %-6d", method, tunnel_name(server).c_str(), server.weight) +
                   connections;
        case Form::plain:
            break;
    }
    return line + format(" %-7s %-6d", method, server.weight) + connections;
}

std::string daemon_line(const model::SyncDaemon& daemon) {
    std::string line = format("%s sync daemon (mcast=%s, syncid=%u", to_string(daemon.role),
                              daemon.interface.c_str(), daemon.sync_id);
    if (daemon.longest_message) line += format(", maxlen=%u", daemon.longest_message);
    if (daemon.group) line += ", group=" + daemon.group->to_string();
    if (daemon.port) line += format(", port=%u", daemon.port);
    if (daemon.ttl) line += format(", ttl=%u", daemon.ttl);
    return line + ")\n";
}

}  // namespace turnout::ipvsadm
