#include "observe/node_exporter.hpp"

#include <cinttypes>
#include <map>

#include "base/format.hpp"
#include "model/names.hpp"

namespace turnout::observe {
namespace {

struct Backend {
    uint64_t active = 0, inactive = 0;
    int64_t weight = 0;
};
using Backends = std::map<std::string, Backend>;  // by their labels

// A service by mark has no address, and one by address no mark.
std::string labels_of(const model::ServiceKey& service, const model::ServerKey& server) {
    const bool by_mark = service.mark != 0;
    return format(R"(local_address="%s",local_mark="%s",local_port="%u",proto="%s",)"
                  R"(remote_address="%s",remote_port="%u")",
                  by_mark ? "" : service.address.to_string().c_str(),
                  by_mark ? format("%08X", service.mark).c_str() : "", by_mark ? 0u : service.port,
                  by_mark ? "FWM" : to_string(service.protocol), server.address.to_string().c_str(),
                  server.port);
}

Backends backends_of(const Farm& farm) {
    Backends backends;
    for (const Farm::Service& service : farm.services)
        for (const model::ServerReport& report : service.servers) {
            Backend& backend = backends[labels_of(service.key, report.server.key)];
            backend.active += report.active;
            backend.inactive += report.inactive;
            backend.weight += report.server.weight_now();
        }
    return backends;
}

std::string head(const char* name, const char* type, const char* help) {
    return format("# HELP node_ipvs_%s %s\n# TYPE node_ipvs_%s %s\n", name, help, name, type);
}

std::string counter(const char* name, const char* help, uint64_t value) {
    return head(name, "counter", help) + format("node_ipvs_%s %" PRIu64 "\n", name, value);
}

template <class Value>
std::string gauge(const char* name, const char* help, const Backends& backends, Value value) {
    std::string text = head(name, "gauge", help);
    for (const auto& [labels, backend] : backends)
        text += format("node_ipvs_%s{%s} %" PRId64 "\n", name, labels.c_str(),
                       static_cast<int64_t>(value(backend)));
    return text;
}

}  // namespace

std::string node_exporter_text(const Farm& farm) {
    const model::Counters& totals = farm.totals;
    std::string text =
        counter("connections_total", "Connections that were made.", totals.connections) +
        counter("incoming_packets_total", "Packets of clients.", totals.in_packets) +
        counter("outgoing_packets_total", "Packets to clients.", totals.out_packets) +
        counter("incoming_bytes_total", "Bytes of clients.", totals.in_bytes) +
        counter("outgoing_bytes_total", "Bytes to clients.", totals.out_bytes);
    const Backends backends = backends_of(farm);
    if (backends.empty()) return text;
    return text +
           gauge("backend_connections_active", "Active connections of a real server.", backends,
                 [](const Backend& backend) { return backend.active; }) +
           gauge("backend_connections_inactive", "Inactive connections of a real server.", backends,
                 [](const Backend& backend) { return backend.inactive; }) +
           gauge("backend_weight", "Weight of a real server.", backends,
                 [](const Backend& backend) { return backend.weight; });
}

}  // namespace turnout::observe
