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

constexpr size_t buckets_per_part = 128;

// The buckets of a part; none behind the last.
std::span<abi::Bucket> buckets_of(const Rows& rows, uint32_t part) {
    const size_t first = std::min(part * buckets_per_part, rows.buckets.size());
    return rows.buckets.subspan(first, std::min(buckets_per_part, rows.buckets.size() - first));
}

// Calls `visit` with each line that is alive, a copy of it made at one moment, and its location.
template <class Visit>
void visit_live(const Rows& rows, std::span<abi::Bucket> buckets, abi::Tick now,
                const Visit& visit) {
    for (abi::Bucket& bucket : buckets) {
        const uint32_t state = load_once(state_of(bucket));
        const auto index = static_cast<uint32_t>(&bucket - rows.buckets.data());
        for (uint32_t line = 1; line <= abi::connections_per_bucket; ++line) {
            if (!(state & (1u << line))) continue;
            const abi::Connection connection = line_of(bucket, line);
            if (is_listed(connection.tuple.kind) && alive(connection, now))
                visit(line_of(bucket, line), connection, index * 16 + line);
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
        report.serving = {report.server, to_host(server.port)};
        report.service = service_key_of(rows.server_records[connection.server].service);
    }
    report.state = name_of(connection);
    report.method = static_cast<model::Method>(abi::method_of(connection.status));
    report.is_template = tuple.kind == abi::TupleKind::persistence;
    report.assured = connection.status & abi::status::assured;
    report.retired = connection.status & abi::status::retired;
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

model::ConnectionReport whole_report(const Rows& rows, const abi::Connection& connection,
                                     Location location, abi::Tick now) {
    model::ConnectionReport told = report(rows, connection, now);
    if (connection.status & abi::status::by_call) name_call(rows, location, told);
    return told;
}

// The tables as the sweeper's code wants them.
struct RowsEnv {
    Rows& rows;

    abi::Bucket* bucket(uint32_t index) const { return row(rows.buckets, index); }
    const abi::Server* server(uint32_t index) const { return row(rows.servers, index); }
    abi::CandidateGroups* candidate_groups(uint32_t i) {
        return i < rows.candidate_groups.size() ? &rows.candidate_groups[i] : nullptr;
    }
    abi::ServerState* server_state(uint32_t index) const { return row(rows.server_states, index); }

    template <class Row>
    static Row* row(std::span<Row> all, uint32_t index) {
        return index < all.size() ? &all[index] : nullptr;
    }
};

// Packets change a status all the time: it is tried again while it is the same connection's.
bool end_record(RowsEnv& env, abi::Connection& line, const abi::Tuple& tuple, abi::Tick now) {
    for (int attempt = 0; attempt < insert_attempts; ++attempt) {
        const uint32_t status = load_once(line.status);
        if (status & abi::status::dead || !same(line.tuple, tuple)) return false;
        if (end_wholly(env, line, status, now)) return true;
    }
    return false;
}

// The template is found no more.  Without connections it ends at once, else by the sweeper: it has
// no time left, and no connection comes to it.  False: it had been retired before.
bool retire_template(RowsEnv& env, abi::Connection& line, const abi::Connection& seen,
                     abi::Tick now) {
    set_bits(line.status, abi::status::retired);
    store_once(line.timeout, abi::Tick{0});
    const bool ended = !load_once(line.children) && end_record(env, line, seen.tuple, now);
    return ended || !(seen.status & abi::status::retired);
}

}  // namespace

bool visit_connections(const Rows& rows, uint32_t part, abi::Tick now,
                       const std::function<void(const model::ConnectionReport&)>& visit) {
    const auto buckets = buckets_of(rows, part);
    visit_live(rows, buckets, now,
               [&](const abi::Connection&, const abi::Connection& seen, Location location) {
                   visit(whole_report(rows, seen, location, now));
               });
    return !buckets.empty();
}

std::optional<uint32_t> end_connections(Rows& rows, uint32_t part, abi::Tick now,
                                        const model::ConnectionFilter& filter) {
    const auto buckets = buckets_of(rows, part);
    if (buckets.empty()) return std::nullopt;
    RowsEnv env{rows};
    uint32_t ended = 0;
    visit_live(rows, buckets, now,
               [&](abi::Connection& line, const abi::Connection& seen, Location location) {
                   if (!filter.matches(whole_report(rows, seen, location, now))) return;
                   ended += seen.tuple.kind == abi::TupleKind::persistence
                                ? retire_template(env, line, seen, now)
                                : end_record(env, line, seen.tuple, now);
               });
    return ended;
}

std::map<model::Protocol, uint32_t> protocols_of(const Rows& rows, abi::Tick now, uint32_t server) {
    std::map<model::Protocol, uint32_t> counts;
    visit_live(rows, rows.buckets, now,
               [&](const abi::Connection&, const abi::Connection& seen, Location) {
                   if (seen.server == server && seen.tuple.kind == abi::TupleKind::connection)
                       ++counts[static_cast<model::Protocol>(seen.tuple.protocol)];
               });
    return counts;
}

uint32_t count_connections(const Rows& rows, abi::Tick now) {
    uint32_t count = 0;
    visit_live(rows, rows.buckets, now,
               [&](const abi::Connection&, const abi::Connection&, Location) { ++count; });
    return count;
}

}  // namespace turnout::tables
