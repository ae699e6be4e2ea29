#include "tables/connections.hpp"

#include <algorithm>

#include "table/sweep.hpp"
#include "table/table.hpp"
#include "tables/convert.hpp"

namespace turnout::tables {
namespace {

bool is_listed(abi::TupleKind kind) {
    return kind == abi::TupleKind::connection || kind == abi::TupleKind::persistence;
}

// A template of a server that is out of use: IPVS shows it so.
constexpr uint16_t retired_port = 0xffff;

// A template to a port of the service goes to the server's; else connections keep theirs.
uint16_t server_port_of(const abi::Connection& record, const abi::Server& server) {
    if (record.tuple.kind == abi::TupleKind::connection)
        return to_host(server_port(record, server));
    if (record.status & abi::status::retired) return retired_port;
    return record.tuple.virtual_port.raw ? to_host(server.port) : 0;
}

template <class Visit>
void visit_live(const Rows& rows, abi::Tick now, const Visit& visit) {
    for (uint32_t index = 0; index < rows.buckets.size(); ++index) {
        abi::Bucket& bucket = rows.buckets[index];
        const uint32_t state = load_once(state_of(bucket));
        for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line) {
            if (!(state & (1u << line))) continue;
            const abi::Connection connection = line_of(bucket, line);
            if (is_listed(connection.tuple.kind) && alive(connection, now))
                visit(connection, index * 16 + line);
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
    if (connection.status & abi::status::retired) report.virtual_port = retired_port;
    if (connection.server < rows.servers.size()) {
        const abi::Server& server = rows.servers[connection.server];
        report.server = from_row(server.address, server.family);
        report.server_port = server_port_of(connection, server);
    }
    report.state = name_of(connection);
    const int32_t idle = abi::elapsed(connection.last_seen, now);
    const auto left = static_cast<int32_t>(connection.timeout) - idle;
    report.expires_s = abi::seconds_of_ticks(static_cast<abi::Tick>(std::max(left, 0)));
    return report;
}

// A template by SIP call has a hash in its client's place.
void name_call(const Rows& rows, Location location, model::ConnectionReport& report) {
    const auto named = rows.call_at(location);
    report.client.bytes = {};
    report.engine = "sip";
    if (!named) return;
    report.client.bytes = from_row(named->client, abi::Family::none).bytes;
    report.engine_data.assign(named->call.text, std::min(named->call.length, abi::longest_call));
}

}  // namespace

void visit_connections(const Rows& rows, abi::Tick now,
                       const std::function<void(const model::ConnectionReport&)>& visit) {
    visit_live(rows, now, [&](const abi::Connection& connection, Location location) {
        model::ConnectionReport told = report(rows, connection, now);
        if (connection.status & abi::status::by_call) name_call(rows, location, told);
        visit(told);
    });
}

uint32_t count_connections(const Rows& rows, abi::Tick now) {
    uint32_t count = 0;
    visit_live(rows, now, [&](const abi::Connection&, Location) { ++count; });
    return count;
}

}  // namespace turnout::tables
