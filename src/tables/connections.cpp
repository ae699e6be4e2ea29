#include "tables/connections.hpp"

#include "table/table.hpp"
#include "tables/convert.hpp"

namespace turnout::tables {
namespace {

template <class Visit>
void visit_live(const Rows& rows, abi::Tick now, const Visit& visit) {
    for (abi::Bucket& bucket : rows.buckets) {
        const uint32_t state = load_once(state_of(bucket));
        for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line) {
            if (!(state & (1u << line))) continue;
            const abi::Connection connection = line_of(bucket, line);
            if (connection.tuple.kind == abi::TupleKind::connection && alive(connection, now))
                visit(connection);
        }
    }
}

model::ConnectionReport report(const Rows& rows, const abi::Connection& connection, abi::Tick now) {
    const abi::Tuple& tuple = connection.tuple;
    model::ConnectionReport report;
    report.protocol = static_cast<model::Protocol>(tuple.protocol);
    report.client = from_row(tuple.client, tuple.family);
    report.client_port = to_host(tuple.client_port);
    report.virtual_address = from_row(tuple.virtual_address, tuple.family);
    report.virtual_port = to_host(tuple.virtual_port);
    if (connection.server < rows.servers.size()) {
        const abi::Server& server = rows.servers[connection.server];
        report.server = from_row(server.address, server.family);
        report.server_port = to_host(server.port);
    }
    report.state = name_of(static_cast<abi::State>(connection.status & abi::status::state_mask));
    const int32_t idle = abi::elapsed(connection.last_seen, now);
    report.expires_s = abi::seconds_of_ticks(connection.timeout - static_cast<abi::Tick>(idle));
    return report;
}

}  // namespace

void visit_connections(const Rows& rows, abi::Tick now,
                       const std::function<void(const model::ConnectionReport&)>& visit) {
    visit_live(rows, now,
               [&](const abi::Connection& connection) { visit(report(rows, connection, now)); });
}

uint32_t count_connections(const Rows& rows, abi::Tick now) {
    uint32_t count = 0;
    visit_live(rows, now, [&](const abi::Connection&) { ++count; });
    return count;
}

}  // namespace turnout::tables
