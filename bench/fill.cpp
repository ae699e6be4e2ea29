// Fills the connection table of this network namespace's director: fill ADDRESS:PORT COUNT [FIRST].
//
// The connections are established ones of many clients to a TCP service, spread over its servers
// in turn, made by the table's own code: to packets, lists and counts they are as any.  They last
// an hour.  FIRST: how many are there already.  Ends where the table has no room for the next, and
// tells how many it has made.
#include <cstdio>
#include <cstdlib>

#include "base/clock.hpp"
#include "base/netns.hpp"
#include "kernel/data_plane.hpp"
#include "kernel/netns.hpp"
#include "model/names.hpp"
#include "table/sweep.hpp"
#include "tables/convert.hpp"

namespace {

using namespace turnout;

struct RowsEnv {
    tables::Rows& rows;

    abi::Bucket* bucket(uint32_t index) { return &rows.buckets[index]; }
    Searched find(const abi::Tuple& tuple, abi::Tick now) {
        const auto& settings = *rows.settings;
        const Place place = place_of(tuple, settings.hash_seed, settings.bucket_mask);
        const Found found = turnout::find(*this, place, tuple, now);
        return {found.location, found.seen};
    }
    Attempt try_insert(const abi::Connection& record, uint32_t seen) {
        return turnout::try_insert(*this, *rows.settings, record, seen);
    }
};

std::vector<uint32_t> servers_of(const tables::Rows& rows, const model::ServiceKey& service) {
    std::vector<uint32_t> servers;
    const auto id = rows.service_ids->get(tables::endpoint_of(service));
    if (!id) return servers;
    const abi::Plan& plan = rows.plans[rows.services[*id].plan];
    for (uint32_t i = 0; i < plan.count; ++i)
        servers.push_back(rows.candidates[plan.first + i].server);
    return servers;
}

abi::Connection connection(const model::ServiceKey& service, uint32_t number, abi::Tick now) {
    abi::Connection record{};
    // 60,000 ports a client, from 203.0.113.0 on.
    record.tuple.client = {{to_be(0xcb007100u + number / 60000)}};
    record.tuple.client_port = to_be(static_cast<uint16_t>(1024 + number % 60000));
    record.tuple.virtual_address = tables::to_row(service.address);
    record.tuple.virtual_port = to_be(service.port);
    record.tuple.protocol = static_cast<uint8_t>(service.protocol);
    record.tuple.family = abi::Family::ipv4;
    record.status =
        static_cast<uint32_t>(abi::State::established) | abi::status::active | abi::status::assured;
    record.last_seen = now;
    record.timeout = abi::ticks_of_seconds(3600);
    return record;
}

uint32_t fill(tables::Rows& rows, const model::ServiceKey& service, uint32_t count,
              uint32_t first) {
    const auto servers = servers_of(rows, service);
    const abi::Tick now = abi::tick_of_ns(monotonic_ns());
    RowsEnv env{rows};
    if (servers.empty()) return 0;
    uint32_t made = 0;
    for (; made < count; ++made) {
        abi::Connection record = connection(service, first + made, now);
        record.server = servers[made % servers.size()];
        if (!insert(env, record, not_seen).inserted) break;
        add(rows.server_states[record.server].load, abi::load::active_one);
    }
    return made;
}

}  // namespace

int main(int count, char** arguments) {
    const auto service = count == 3 || count == 4
                             ? model::service_named(std::string("tcp:") + arguments[1])
                             : fail(EINVAL, "usage: fill ADDRESS:PORT COUNT [FIRST]");
    const auto cookie = netns_cookie();
    if (!service || !cookie || !kernel::enter_outer_mount_namespace()) {
        std::fprintf(stderr, "fill: %s\n",
                     service ? "no namespace" : service.error().message.c_str());
        return 1;
    }
    const auto plane = kernel::PinnedDataPlane::open(kernel::pin_directory(*cookie));
    if (!plane) {
        std::fprintf(stderr, "fill: %s\n", plane.error().message.c_str());
        return 1;
    }
    const auto wanted = static_cast<uint32_t>(std::atoi(arguments[2]));
    const auto first = static_cast<uint32_t>(count == 4 ? std::atoi(arguments[3]) : 0);
    std::printf("%u\n", fill((*plane)->rows(), *service, wanted, first));
}
