#include "tables/rings.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "path/schedulers/mh.hpp"
#include "path/schedulers/ring.hpp"

namespace turnout::tables {
namespace {

using Ring = std::vector<uint16_t>;
using Servers = std::vector<RingServer>;

uint16_t position_of(size_t index) {
    return static_cast<uint16_t>(index + 1);
}

// dh: round the servers, one slot each.  sh: as many slots in a row as a server has weight, though
// one even if it has none.
Ring round_robin(const Servers& servers, bool by_weight) {
    Ring ring(ring::small_slots);
    std::vector<size_t> takers;
    for (size_t i = 0; i < servers.size(); ++i)
        if (!servers[i].is_drained) takers.push_back(i);
    if (takers.empty()) return ring;
    size_t taker = 0;
    int32_t given = 0;
    for (uint16_t& slot : ring) {
        slot = position_of(takers[taker]);
        if (by_weight && ++given < servers[takers[taker]].weight) continue;
        taker = (taker + 1) % takers.size();
        given = 0;
    }
    return ring;
}

// A server's walk through the Maglev table, and how many slots it takes at a turn.
struct Walker {
    uint32_t next;
    uint32_t skip;
    int32_t turns;

    uint32_t step() {
        const uint32_t here = next;
        next = (next + skip) % mh::table_slots;
        return here;
    }
};

// A drained server takes no turns.
int32_t mh_weight(const RingServer& server) {
    return server.is_drained ? 0 : server.last_weight;
}

int32_t common_divisor(const Servers& servers) {
    int32_t divisor = 0;
    for (const RingServer& server : servers) divisor = std::gcd(divisor, mh_weight(server));
    return divisor;
}

// Great weights are cut down by halves, so that a turn stays below 64 slots.
int weight_shift(const Servers& servers, int32_t divisor) {
    constexpr int turn_bits = 6;
    int32_t greatest = 0;
    for (const RingServer& server : servers) greatest = std::max(greatest, mh_weight(server));
    return std::max(
        0, static_cast<int>(std::bit_width(static_cast<uint32_t>(greatest / divisor))) - turn_bits);
}

std::vector<Walker> walkers(const Servers& servers, int32_t divisor) {
    const int shift = weight_shift(servers, divisor);
    std::vector<Walker> all;
    for (const RingServer& server : servers) {
        const uint32_t number = ring::folded(server.address) + to_host(server.port);
        const int32_t turns = mh_weight(server) / divisor >> shift;
        all.push_back({mh::hash(number, mh::first_key) % mh::table_slots,
                       mh::hash(number, mh::second_key) % (mh::table_slots - 1) + 1,
                       turns ? turns : mh_weight(server) != 0});
    }
    return all;
}

// Every server in turn takes the next free slots of its walk, until the table is full.
Ring maglev(const Servers& servers) {
    Ring ring(mh::table_slots);
    const int32_t divisor = common_divisor(servers);
    if (divisor < 1) return ring;
    auto all = walkers(servers, divisor);
    for (uint32_t taken = 0;;) {
        for (size_t i = 0; i < all.size(); ++i) {
            for (int32_t turn = 0; turn < all[i].turns; ++turn) {
                uint32_t slot = all[i].step();
                while (ring[slot]) slot = all[i].step();
                ring[slot] = position_of(i);
                if (++taken == mh::table_slots) return ring;
            }
        }
    }
}

}  // namespace

std::vector<uint16_t> make_ring(abi::Scheduler scheduler, const Servers& servers) {
    switch (scheduler) {
        case abi::Scheduler::dh:
            return round_robin(servers, false);
        case abi::Scheduler::sh:
            return round_robin(servers, true);
        case abi::Scheduler::mh:
            return maglev(servers);
        default:
            return {};
    }
}

uint32_t ring_words(abi::Scheduler scheduler) {
    const auto words = [](uint32_t slots) {
        return (slots + abi::slots_per_ring_word - 1) / abi::slots_per_ring_word;
    };
    switch (scheduler) {
        case abi::Scheduler::dh:
        case abi::Scheduler::sh:
            return words(ring::small_slots);
        case abi::Scheduler::mh:
            return words(mh::table_slots);
        default:
            return 0;
    }
}

}  // namespace turnout::tables
