// The data plane as the kernel loads it: the fast lane, the complete lane and the sweeper, over
// one set of tables.
//
// What is instantiated here has internal linkage (the environments live in an unnamed namespace):
// the loader cannot relocate calls to out-of-line functions in sections of their own.
#include "bpf/tc_lane.hpp"
#include "bpf/xdp_lane.hpp"
#include "table/sweep.hpp"

using namespace turnout;
using namespace turnout::bpf;

namespace {

struct FastLane : XdpEnv {
    using XdpEnv::XdpEnv;
};
struct CompleteLane : TcEnv {
    using TcEnv::TcEnv;
};

struct Tables : TablesEnv {};

// One tick of the sweeper: the slice it works on.
struct Slice {
    uint32_t first;
    uint32_t mask;
    abi::Tick now;
};

long sweep_bucket(uint32_t step, Slice* slice) {
    TablesEnv env;
    const abi::Settings* settings = env.settings();
    if (!settings) return 1;
    sweep(env, *settings, (slice->first + step) & slice->mask, slice->now);
    return 0;
}

constexpr uint64_t sweep_period_ns = 1ull << abi::tick_shift;

// Every parameter is named: the kernel refuses debug information of one that is not.
int sweep_slice([[maybe_unused]] void* map, [[maybe_unused]] int* key, Sweeper* sweeper) {
    TablesEnv env;
    const abi::Settings* settings = env.settings();
    if (!settings) return 0;
    Slice slice{sweeper->next_bucket, settings->bucket_mask, env.now()};
    const uint32_t count = settings->buckets_per_sweep;
    env.each(count, &slice, sweep_bucket);
    sweeper->next_bucket = slice.first + count;
    timer_start(&sweeper->timer, sweep_period_ns, 0);
    return 0;
}

}  // namespace

extern "C" {

[[gnu::section("license"), gnu::used]] char turnout_license[] = "Dual MIT/GPL";

[[gnu::noinline]] uint64_t turnout_find(const abi::Tuple* tuple, uint32_t now) {
    Tables env;
    const abi::Settings* settings = env.settings();
    if (!tuple || !settings) return 0;
    const Place place = place_of(*tuple, settings->hash_seed, settings->bucket_mask);
    const Found found = find(env, place, *tuple, now);
    return static_cast<uint64_t>(found.seen) << 32 | found.location;
}

[[gnu::noinline]] uint64_t turnout_insert(const abi::Tuple* tuple, uint32_t status, uint32_t server,
                                          uint32_t seen, uint32_t now) {
    Tables env;
    const abi::Settings* settings = env.settings();
    if (!tuple || !settings) return 0;
    const Inserted made = insert(env, *settings, *tuple, status, server, seen, now);
    return static_cast<uint64_t>(made.inserted) << 32 | made.location;
}

[[gnu::noinline]] uint64_t turnout_choose(const abi::Tuple* tuple) {
    Tables env;
    if (!tuple) return static_cast<uint64_t>(Answer::not_ours);
    const Scheduled scheduled = schedule(env, *tuple);
    return static_cast<uint64_t>(scheduled.server) << 32 | static_cast<uint64_t>(scheduled.answer);
}

[[gnu::noinline]] int turnout_pair(const abi::Tuple* tuple, uint32_t server_id, uint32_t location,
                                   uint32_t now) {
    Tables env;
    const abi::Server* server = env.server(server_id);
    if (tuple && server) pair_with_reply_record(env, *tuple, *server, location, now);
    return 0;
}

[[gnu::section("xdp"), gnu::used]] int turnout_xdp(xdp_md* frame) {
    FastLane env(frame);
    return env.action(direct(env));
}

[[gnu::section("tc"), gnu::used]] int turnout_tc(__sk_buff* packet) {
    CompleteLane env(packet);
    env.gather_headers();
    return env.action(direct(env));
}

// Run once by every daemon that starts: the first sets the clockwork up, a later one points it to
// its own sweeper.
[[gnu::section("tc"), gnu::used]] int turnout_sweep([[maybe_unused]] __sk_buff* packet) {
    auto* sweeper = row_of<Sweeper>(to_sweeper, 0u);
    if (!sweeper) return 1;
    timer_init(&sweeper->timer, &to_sweeper, 1 /* CLOCK_MONOTONIC */);
    if (timer_set_callback(&sweeper->timer, sweep_slice)) return 2;
    return timer_start(&sweeper->timer, sweep_period_ns, 0) ? 3 : 0;
}
}
