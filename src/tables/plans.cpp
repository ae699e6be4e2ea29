// Plans: writing one aside, flipping a service to it, and carrying the scheduler's place over.
#include <cerrno>
#include <numeric>

#include "path/schedulers/mh.hpp"
#include "tables/convert.hpp"
#include "tables/rings.hpp"
#include "tables/tables.hpp"

namespace turnout::tables {
namespace {

// What weighted round robin needs to know of all weights together.
void weigh(abi::Plan& plan, const std::vector<model::Server>& servers) {
    int32_t greatest = 0, divisor = 0;
    for (const model::Server& server : servers) {
        const int32_t weight = server.weight_now();
        if (weight <= 0) continue;
        greatest = std::max(greatest, weight);
        divisor = std::gcd(divisor, weight);
    }
    plan.weight_step = divisor ? divisor : 1;
    plan.top_weight = greatest - (plan.weight_step - 1);
}

uint8_t flags_of(const model::Service& service) {
    using namespace model;
    uint8_t flags = 0;
    const auto set = [&](bool yes, uint8_t flag) {
        if (yes) flags |= flag;
    };
    set(service.persistent(), abi::plan_flag::persistent);
    set(service.flags & service_flag::one_packet, abi::plan_flag::one_packet);
    set(binds_by_call(service), abi::plan_flag::sip);
    set(service.flags & service_flag::scheduler_1, abi::plan_flag::fallback);
    set(service.flags & service_flag::scheduler_2, abi::plan_flag::by_port);
    for (const Server& server : service.servers)
        set(server.upper_threshold, abi::plan_flag::thresholds);
    return flags;
}

// The model's mask is a number for IPv4, the length of a prefix for IPv6.
abi::Address client_mask(const model::Service& service) {
    if (service.key.address.family == model::Family::ipv4) return {{to_be(service.netmask)}};
    return mask_of_prefix(service.netmask);
}

// What a ring takes for a server's address: IPVS reads it by the service's family, so of an IPv6
// server that an IPv4 service tunnels to, the first word alone.
abi::Address read_by_service(const model::Service& service, const abi::Address& address) {
    if (service.key.address.family == model::Family::ipv6) return address;
    return {{address.word[0], be32{0}, be32{0}, be32{0}}};
}

}  // namespace

Result<uint32_t> Tables::write_plan(const model::Service& service, const ServiceEntry& entry) {
    const auto count = static_cast<uint32_t>(service.servers.size());
    const abi::Scheduler scheduler = scheduler_of(service.scheduler);
    if (scheduler == abi::Scheduler::mh && count > mh::table_slots)
        return fail(EINVAL, "the mh scheduler serves " + std::to_string(mh::table_slots) +
                                " servers at most");
    const auto index = plan_rows_.take(1);
    if (!index) return fail(ENOSPC, "the table of plans is full");
    abi::Plan plan{};
    plan.scheduler = scheduler;
    plan.flags = flags_of(service);
    plan.persistence_timeout = abi::ticks_of_seconds(service.persistence_timeout_s);
    plan.epoch = rows_.service_records[entry.id].epoch;
    plan.client_mask = client_mask(service);
    weigh(plan, service.servers);
    if (auto ok = write_candidates(plan, service, entry); !ok) {
        plan_rows_.give_back(*index, 1);
        return std::unexpected(ok.error());
    }
    rows_.plans[*index] = plan;
    return *index;
}

Status Tables::write_candidates(abi::Plan& plan, const model::Service& service,
                                const ServiceEntry& entry) {
    const auto count = static_cast<uint32_t>(service.servers.size());
    const auto first = candidate_rows_.take(count);
    if (!first) return fail(ENOSPC, "the table of candidates is full");
    plan.first = *first;
    plan.count = count;
    std::vector<RingServer> servers;
    for (uint32_t i = 0; i < count; ++i) {
        const model::Server& server = service.servers[i];
        const uint32_t id = entry.servers.at(server.key);
        rows_.candidates[*first + i] = {id, server.weight_now()};
        servers.push_back({read_by_service(service, rows_.servers[id].address),
                           rows_.servers[id].port, server.weight,
                           rows_.server_records[id].last_weight, server.drain.has_value()});
    }
    forget_groups(plan);
    const Status ok = write_ring(plan, servers);
    if (!ok) candidate_rows_.give_back(*first, count);
    return ok;
}

// What the groups of these candidates remember, or remembered of others, is void.
void Tables::forget_groups(const abi::Plan& plan) {
    if (!abi::is_grouped(plan)) return;
    const uint32_t first = plan.first / abi::group_size;
    for (uint32_t begin = 0; begin < plan.count; begin += abi::group_size)
        __atomic_fetch_add(&rows_.candidate_group(first + begin / abi::group_size).version,
                           abi::one_version, __ATOMIC_SEQ_CST);
}

// Has the plan's servers tell its groups of their load, once packets meet it; until then they have
// told those of the plan before.
void Tables::group_candidates(const abi::Plan& plan) {
    for (uint32_t i = 0; i < plan.count; ++i) {
        const abi::Candidate& candidate = rows_.candidates[plan.first + i];
        const uint32_t index = (plan.first + i) / abi::group_size;
        __atomic_store_n(&rows_.server_states[candidate.server].group,
                         abi::is_grouped(plan) ? index + 1 : 0, __ATOMIC_SEQ_CST);
    }
    forget_groups(plan);
}

Status Tables::write_ring(abi::Plan& plan, const std::vector<RingServer>& servers) {
    const uint32_t words = ring_words(plan.scheduler);
    if (!words) return {};
    const auto first = ring_rows_.take(words);
    if (!first)
        return fail(ENOSPC,
                    "the table of hash rings is full; start turnoutd with a larger "
                    "--max-rings");
    plan.ring_first = *first;
    plan.ring_words = static_cast<uint16_t>(words);
    auto ring = make_ring(plan.scheduler, servers);
    ring.resize(size_t{words} * abi::slots_per_ring_word);
    for (uint32_t word = 0; word < words; ++word) {
        abi::RingWord packed = 0;
        for (uint32_t slot = 0; slot < abi::slots_per_ring_word; ++slot)
            packed |= static_cast<abi::RingWord>(ring[word * abi::slots_per_ring_word + slot])
                      << (16 * slot);
        rows_.rings[*first + word] = packed;
    }
    return {};
}

void Tables::give_plan_back(uint32_t index) {
    if (index == 0) return;
    const abi::Plan& plan = rows_.plans[index];
    candidate_rows_.give_back(plan.first, plan.count);
    if (plan.ring_words) ring_rows_.give_back(plan.ring_first, plan.ring_words);
    plan_rows_.give_back(index, 1);
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
    group_candidates(rows_.plans[plan]);
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
