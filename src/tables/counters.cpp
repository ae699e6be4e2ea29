// Counters: the data plane counts per server and CPU, upwards only; everything else is sums and
// differences of these.
#include "tables/convert.hpp"
#include "tables/tables.hpp"

namespace turnout::tables {

model::Counters Tables::raw_counters(uint32_t server) const {
    model::Counters sum;
    for (size_t row = server; row < rows_.counters.size(); row += rows_.servers.size())
        sum += from_row(rows_.counters[row]);
    return sum;
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
