// Plans: writing one aside, flipping a service to it, and carrying the scheduler's place over.
#include <cerrno>
#include <numeric>

#include "base/panic.hpp"
#include "tables/convert.hpp"
#include "tables/tables.hpp"

namespace turnout::tables {
namespace {

// What weighted round robin needs to know of all weights together.
void weigh(abi::Plan& plan, const std::vector<model::Server>& servers) {
    int32_t greatest = 0, divisor = 0;
    for (const model::Server& server : servers) {
        if (server.weight <= 0) continue;
        greatest = std::max(greatest, server.weight);
        divisor = std::gcd(divisor, server.weight);
    }
    plan.weight_step = divisor ? divisor : 1;
    plan.top_weight = greatest - (plan.weight_step - 1);
}

}  // namespace

Result<uint32_t> Tables::write_plan(const model::Service& service, const ServiceEntry& entry) {
    const auto count = static_cast<uint32_t>(service.servers.size());
    const auto index = plan_rows_.take(1);
    if (!index) return fail(ENOSPC, "the table of plans is full");
    const auto first = candidate_rows_.take(count);
    if (!first) {
        plan_rows_.give_back(*index, 1);
        return fail(ENOSPC, "the table of candidates is full");
    }
    for (uint32_t i = 0; i < count; ++i) {
        const model::Server& server = service.servers[i];
        rows_.candidates[*first + i] = {entry.servers.at(server.key), server.weight};
    }
    abi::Plan plan{};
    plan.first = *first;
    plan.count = count;
    plan.scheduler = scheduler_of(service.scheduler);
    weigh(plan, service.servers);
    rows_.plans[*index] = plan;
    return *index;
}

void Tables::give_plan_back(uint32_t plan) {
    if (plan == 0) return;
    candidate_rows_.give_back(rows_.plans[plan].first, rows_.plans[plan].count);
    plan_rows_.give_back(plan, 1);
}

void Tables::flip(ServiceEntry& entry, uint32_t plan, bool servers_changed) {
    const uint32_t before = entry.plan;
    uint64_t& cursor = rows_.cursors[entry.id].word;
    uint64_t seen = __atomic_load_n(&cursor, __ATOMIC_SEQ_CST);
    __atomic_store_n(&rows_.services[entry.id].plan, plan, __ATOMIC_SEQ_CST);
    // A packet may move the cursor meanwhile: its move is carried over, too.
    while (true) {
        const uint64_t next =
            next_cursor(rows_.plans[before], rows_.plans[plan], seen, servers_changed);
        if (__atomic_compare_exchange_n(&cursor, &seen, next, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST))
            break;
    }
    entry.plan = plan;
    give_plan_back(before);
}

// What IPVS does to a scheduler's state when servers change: round robin keeps its place, weighted
// round robin starts anew at the head of the list with the weight it had come to, as far as that
// still occurs.  Another scheduler starts from its beginning.
uint64_t Tables::next_cursor(const abi::Plan& before, const abi::Plan& after, uint64_t cursor,
                             bool servers_changed) const {
    if (before.scheduler != after.scheduler) return abi::cursor(0, after.top_weight);
    if (after.scheduler == abi::Scheduler::rr)
        return abi::cursor(translated(before, after, abi::cursor_position(cursor)), 0);
    if (after.scheduler != abi::Scheduler::wrr || !servers_changed) return cursor;
    int32_t weight = abi::cursor_weight(cursor);
    if (weight > after.top_weight || weight == 0)
        weight = after.top_weight;
    else if (after.weight_step > 1)
        weight = weight / after.weight_step * after.weight_step + 1;
    return abi::cursor(0, weight);
}

// The position in the new list of the server that stood at `position` in the old one; if it has
// gone, of the nearest one before it that has not.
uint32_t Tables::translated(const abi::Plan& before, const abi::Plan& after,
                            uint32_t position) const {
    if (position > before.count) return 0;
    for (; position > 0; --position) {
        const uint32_t server = rows_.candidates[before.first + position - 1].server;
        for (uint32_t i = 0; i < after.count; ++i)
            if (rows_.candidates[after.first + i].server == server) return i + 1;
    }
    return 0;
}

}  // namespace turnout::tables
