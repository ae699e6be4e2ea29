// Counters: the data plane counts per server and CPU, upwards only; everything else is sums and
// differences of these.
#include <algorithm>

#include "tables/convert.hpp"
#include "tables/tables.hpp"

namespace turnout::tables {

namespace {

uint32_t counting_cpus(const Rows& rows) {
    return static_cast<uint32_t>(rows.begun.size() / rows.servers.size());
}

// What one CPU has counted of a server.
model::Counters counted_by(const Rows& rows, uint32_t cpu, uint32_t server) {
    const auto stride = static_cast<uint32_t>(rows.servers.size());
    const abi::TrafficCounters& in = rows.traffic[abi::traffic_row(stride, cpu, 0, server)];
    const abi::TrafficCounters& out = rows.traffic[abi::traffic_row(stride, cpu, 1, server)];
    const abi::BeginCounters& begun = rows.begun[cpu * stride + server];
    return {begun.connections, in.packets, out.packets, in.bytes, out.bytes, begun.stateless};
}

}  // namespace

model::Counters Tables::raw_counters(uint32_t server) const {
    model::Counters sum;
    for (uint32_t cpu = 0; cpu < counting_cpus(rows_); ++cpu) sum += counted_by(rows_, cpu, server);
    return sum;
}

uint32_t Tables::rows_with_counters() const {
    const auto rows = static_cast<uint32_t>(rows_.servers.size());
    for (uint32_t count = rows; count > 0; --count)
        if (raw_counters(count - 1) != model::Counters{}) return count;
    return 0;
}

model::Counters Tables::raw_service_counters(uint32_t service) const {
    model::Counters sum = from_row(rows_.service_records[service].retired);
    for (const uint32_t server : counted_by_[service]) sum += raw_counters(server);
    return sum;
}

uint32_t Tables::row_of(const model::ServiceKey& service, const model::ServerKey& server) const {
    return services_.at(service).servers.at(server);
}

model::Counters Tables::counters(const model::ServiceKey& service) const {
    const uint32_t id = services_.at(service).id;
    model::Counters sum = raw_service_counters(id);
    return sum -= from_row(rows_.service_records[id].base);
}

model::Counters Tables::counters(const model::ServiceKey& service,
                                 const model::ServerKey& server) const {
    const uint32_t id = row_of(service, server);
    model::Counters sum = raw_counters(id);
    return sum -= from_row(rows_.server_records[id].base);
}

// A row that is given back keeps its counters, and the next server begins at them.
std::vector<model::Counters> Tables::totals() const {
    const uint32_t servers = std::max(counted_rows_, server_rows_.untouched());
    std::vector<model::Counters> by_cpu(counting_cpus(rows_));
    for (uint32_t cpu = 0; cpu < by_cpu.size(); ++cpu)
        for (uint32_t server = 0; server < servers; ++server)
            by_cpu[cpu] += counted_by(rows_, cpu, server);
    return by_cpu;
}

const abi::ServerState& Tables::state(const model::ServiceKey& service,
                                      const model::ServerKey& server) const {
    return rows_.server_states[row_of(service, server)];
}

void Tables::zero_counters(const model::ServiceKey& service) {
    const ServiceEntry& entry = services_.at(service);
    rows_.service_records[entry.id].base = to_row(raw_service_counters(entry.id));
    for (const auto& [key, id] : entry.servers)
        rows_.server_records[id].base = to_row(raw_counters(id));
}

}  // namespace turnout::tables
