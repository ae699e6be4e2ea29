#include "cli/ipvsadm/rules.hpp"

#include "base/format.hpp"
#include "cli/ipvsadm/values.hpp"

namespace turnout::ipvsadm {
namespace {

const char* selector(model::Protocol protocol) {
    switch (protocol) {
        case model::Protocol::udp:
            return "-u";
        case model::Protocol::sctp:
            return "--sctp-service";
        default:
            return "-t";
    }
}

std::string service_words(const model::ServiceKey& key, const Names& names) {
    if (key.mark != 0)
        return format("-f %u%s", key.mark, key.address.family == model::Family::ipv6 ? " -6" : "");
    return std::string(selector(key.protocol)) + " " +
           names.whole_endpoint(key.address, key.port, key.protocol);
}

// A local server is reached without forwarding; it is restored as a direct one.
const char* method_word(model::Method method) {
    switch (method) {
        case model::Method::nat:
            return "-m";
        case model::Method::tunnel:
            return "-i";
        default:
            return "-g";
    }
}

std::string tunnel_words(const model::Tunnel& tunnel) {
    static constexpr const char* checksums[] = {"--tun-nocsum", "--tun-csum", "--tun-remcsum"};
    const char* checksum = checksums[tunnel.flags < 3 ? tunnel.flags : 0];
    switch (tunnel.type) {
        case model::TunnelType::gue:
            return format(" --tun-type gue --tun-port %u %s", tunnel.port, checksum);
        case model::TunnelType::gre:
            return format(" --tun-type gre %s", checksum);
        case model::TunnelType::ipip:
            break;
    }
    return " --tun-type ipip";
}

}  // namespace

std::string service_rule(const model::Service& service, const Names& names) {
    namespace bits = model::service_flag;
    std::string rule = "-A " + service_words(service.key, names) + " -s " + service.scheduler;
    if (service.persistent()) {
        rule += format(" -p %u", service.persistence_timeout_s);
        const model::Family family = service.key.address.family;
        if (service.netmask != whole_address(family))
            rule += " -M " + netmask_text(service.netmask, family);
    }
    if (!service.persistence_engine.empty()) rule += " --pe " + service.persistence_engine;
    if (service.flags & bits::one_packet) rule += " -o";
    if (service.flags & (bits::scheduler_1 | bits::scheduler_2 | bits::scheduler_3))
        rule += " -b " + scheduler_flags(service.scheduler, service.flags);
    return rule;
}

std::string server_rule(const model::Server& server, const model::ServiceKey& of,
                        const Names& names) {
    std::string rule = "-a " + service_words(of, names) + " -r " +
                       names.whole_endpoint(server.key.address, server.key.port, of.protocol) +
                       format(" %s -w %d", method_word(server.method), server.weight);
    if (server.upper_threshold) rule += format(" -x %u", server.upper_threshold);
    if (server.lower_threshold) rule += format(" -y %u", server.lower_threshold);
    if (server.method == model::Method::tunnel) rule += tunnel_words(server.tunnel);
    return rule;
}

}  // namespace turnout::ipvsadm
