// The data plane as the kernel loads it: the fast lane, the complete lane and the sweeper, over
// one set of tables.
//
// What is instantiated here has internal linkage (the environments live in an unnamed namespace):
// the loader cannot relocate calls to out-of-line functions in sections of their own.
#include "bpf/cut.hpp"
#include "bpf/hold.hpp"
#include "bpf/summing.hpp"
#include "bpf/tc_lane.hpp"
#include "bpf/xdp_lane.hpp"
#include "path/call_out.hpp"
#include "path/forwarding/icmp_error.hpp"
#include "path/forwarding/nat_sctp.hpp"
#include "path/forwarding/tunnel_error.hpp"
#include "path/forwarding/wrap.hpp"
#include "path/helpers/ftp_splice.hpp"
#include "path/helpers/sip.hpp"
#include "path/parse_sctp.hpp"
#include "path/stateless.hpp"
#include "path/strays.hpp"
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
    Tables env;
    sweep(env, env.settings(), (slice->first + step) & slice->mask, slice->now);
    return 0;
}

long cut_step(uint32_t step, Cut* cut) {
    return cut_one(step, *cut);
}

long release_step(uint32_t step, Release* release) {
    return release_one(step, *release);
}

long sum_step(uint32_t index, Summing* summing) {
    return sum_piece(index, *summing);
}

TURNOUT_INLINE uint64_t packed(uint32_t first, uint32_t second) {
    return static_cast<uint64_t>(second) << 32 | first;
}

// What an interface has: packets that take the short way need no more.  Without a whole way, a
// packet passes.
template <class Lane, class Context>
TURNOUT_INLINE int take_short_way(Context* context, ProgramMap& whole_way) {
    Lane env(context);
    const Decision decision = go_short_way(env);
    if (decision.made) return env.action(decision.verdict);
    tail_call(context, &whole_way, 0);
    return env.action(Verdict::pass);
}

constexpr uint64_t sweep_period_ns = 1ull << abi::tick_shift;

// Every parameter is named: the kernel refuses debug information of one that is not.
int sweep_slice([[maybe_unused]] void* map, [[maybe_unused]] int* key, Sweeper* sweeper) {
    Tables env;
    const abi::Settings& settings = env.settings();
    env.tell_time();
    Slice slice{sweeper->next_bucket, settings.bucket_mask, env.now()};
    const uint32_t count = settings.buckets_per_sweep;
    env.each(count, &slice, sweep_bucket);
    sweeper->next_bucket = slice.first + count;
    if ((sweeper->next_bucket ^ slice.first) & ~slice.mask) end_walk(env, settings, slice.now);
    timer_start(&sweeper->timer, sweep_period_ns, 0);
    return 0;
}

}  // namespace

extern "C" {

[[gnu::section("license"), gnu::used]] char turnout_license[] = "Dual MIT/GPL";

[[gnu::noinline]] uint64_t turnout_find(const abi::Tuple* tuple, uint32_t now) {
    Tables env;
    const abi::Settings& settings = env.settings();
    if (!tuple) return 0;
    const Place place = place_of(*tuple, settings.hash_seed, settings.bucket_mask);
    const Found found = find(env, place, *tuple, now);
    return packed(found.location, found.seen);
}

[[gnu::noinline]] uint64_t turnout_try_insert(const abi::Connection* record, uint32_t seen) {
    Tables env;
    if (!record) return 0;
    const Attempt made = try_insert(env, env.settings(), *record, seen);
    return packed(made.location, made.changed);
}

[[gnu::noinline]] uint64_t turnout_insert(const abi::Connection* record, uint32_t seen) {
    Tables env;
    if (!record) return 0;
    const Inserted made = insert(env, *record, seen);
    return packed(made.location, made.inserted);
}

[[gnu::noinline]] uint32_t turnout_ask(Opening* opening) {
    Tables env;
    return static_cast<uint32_t>(opening ? ask(env, *opening) : Answer::not_ours);
}

[[gnu::noinline]] uint32_t turnout_schedule(Opening* opening) {
    Tables env;
    return static_cast<uint32_t>(opening ? choose_server(env, *opening) : Answer::not_ours);
}

[[gnu::noinline]] uint32_t turnout_position_of_least(const abi::Plan* plan, uint32_t rule) {
    Tables env;
    return plan ? least::position(env, *plan, static_cast<least::Rule>(rule)) : 0;
}

[[gnu::noinline]] uint32_t turnout_connect(Opening* opening) {
    Tables env;
    return opening ? connect(env, *opening) : 0;
}

[[gnu::noinline]] uint32_t turnout_call_out(Opening* opening) {
    Tables env;
    return static_cast<uint32_t>(opening ? call_out(env, *opening) : Answer::not_ours);
}

[[gnu::noinline]] int turnout_find_near_end(const Packet* packet, Opening* opening) {
    Tables env;
    return packet && opening && find_near_end(env, *packet, *opening);
}

[[gnu::noinline]] uint32_t turnout_choose_by_hash(Opening* opening) {
    Tables env;
    return static_cast<uint32_t>(opening ? choose_by_hash(env, *opening) : Answer::not_ours);
}

[[gnu::noinline]] uint32_t turnout_reply_by_hash(Opening* opening) {
    Tables env;
    return static_cast<uint32_t>(opening ? reply_by_hash(env, *opening) : Answer::not_ours);
}

[[gnu::noinline]] uint32_t turnout_go_without_record(Opening* opening) {
    Tables env;
    return opening ? go_without_record(env, *opening) : 0;
}

[[gnu::noinline]] int turnout_route(__sk_buff* packet, const abi::Address* to, uint8_t family,
                                    Route* route) {
    if (!to || !route) return 0;
    return ask_kernel_for_route(packet, *to, static_cast<abi::Family>(family), *route);
}

[[gnu::noinline]] int turnout_read_call(__sk_buff* packet, Opening* opening, uint32_t offset) {
    if (!opening) return 0;
    CompleteLane env(packet);
    sip::read_call(env, offset, *opening);
    return 0;
}

[[gnu::noinline]] uint64_t turnout_find_fragment_note(const Packet* packet, uint32_t now) {
    Tables env;
    if (!packet) return 0;
    const FragmentNote note = find_note(env, *packet, now);
    return packed(note.location,
                  static_cast<uint32_t>(note.fate) | static_cast<uint32_t>(note.direction) << 8);
}

[[gnu::noinline]] uint32_t turnout_note_first(const Packet* packet, uint32_t location,
                                              uint8_t direction, uint8_t fate, uint32_t now) {
    Tables env;
    return packet ? note_first(env, *packet, location, static_cast<Direction>(direction),
                               static_cast<FragmentFate>(fate), now)
                  : 0;
}

[[gnu::noinline]] int turnout_tell_of_end(uint32_t location, uint32_t now) {
    Tables env;
    tell_of_end(env, location, now);
    return 0;
}

[[gnu::noinline]] int turnout_xdp_note_sequences(xdp_md* context, const Packet* packet,
                                                 uint32_t location) {
    FastLane env(context);
    if (packet) note_sequences(env, *packet, location);
    return 0;
}

[[gnu::noinline]] int turnout_tc_note_sequences(__sk_buff* context, const Packet* packet,
                                                uint32_t location) {
    CompleteLane env(context);
    if (packet) note_sequences(env, *packet, location);
    return 0;
}

[[gnu::noinline]] uint32_t turnout_tc_help_request(__sk_buff* context, const Packet* packet,
                                                   uint32_t location) {
    CompleteLane env(context);
    return static_cast<uint32_t>(packet ? help_request(env, *packet, location) : Helped::goes_on);
}

[[gnu::noinline]] uint64_t turnout_tc_help_reply(__sk_buff* context, const Packet* packet,
                                                 uint32_t location) {
    CompleteLane env(context);
    Opening* room = env.opening();
    if (!packet || !room) return 0;
    const Helped helped = help_reply(env, *packet, location, *room);
    return packed(static_cast<uint32_t>(helped), room->splices);
}

[[gnu::noinline]] uint32_t turnout_tc_splice(__sk_buff* context, const Packet* packet,
                                             uint32_t location, uint32_t index) {
    CompleteLane env(context);
    const Opening* room = env.opening();
    return packet && room ? splice(env, *packet, location, *room, index) : 0;
}

[[gnu::noinline]] int turnout_expect_data(uint32_t location) {
    Tables env;
    expect_data(env, location, env.now());
    return 0;
}

[[gnu::noinline]] int turnout_tc_send_in_pieces(__sk_buff* context, uint32_t mtu,
                                                const abi::Neighbour* to, uint8_t tunnel,
                                                uint8_t unsummed) {
    return send_in_pieces(context, mtu, to, static_cast<abi::Family>(tunnel), unsummed, sum_step,
                          cut_step);
}

[[gnu::noinline]] int turnout_tc_hold_fragment(__sk_buff* context, const Packet* packet,
                                               uint32_t now) {
    return packet && hold_fragment(context, *packet, now);
}

[[gnu::noinline]] int turnout_tc_release_fragments(__sk_buff* context, const Packet* packet,
                                                   uint32_t count) {
    return packet && release_fragments(context, *packet, count, release_step);
}

[[gnu::noinline]] int turnout_xdp_parse_icmp(xdp_md* context, Packet* packet) {
    FastLane env(context);
    return packet && parse_icmp(env, *packet);
}

[[gnu::noinline]] int turnout_tc_parse_icmp(__sk_buff* context, Packet* packet) {
    CompleteLane env(context);
    return packet && parse_icmp(env, *packet);
}

[[gnu::noinline]] int turnout_xdp_parse_sctp(xdp_md* context, Packet* packet) {
    FastLane env(context);
    return packet && parse_sctp(env, *packet);
}

[[gnu::noinline]] int turnout_tc_parse_sctp(__sk_buff* context, Packet* packet) {
    CompleteLane env(context);
    return packet && parse_sctp(env, *packet);
}

[[gnu::noinline]] int turnout_track(const Packet* packet, abi::Connection* connection,
                                    uint32_t direction, uint32_t timeouts, uint32_t now) {
    Tables env;
    if (packet && connection)
        track(env, *packet, *connection, static_cast<Direction>(direction), timeouts, now);
    return 0;
}

[[gnu::noinline]] int turnout_xdp_amend_sctp(xdp_md* context, const Packet* packet,
                                             uint8_t direction, const Rewrite* rewrite) {
    FastLane env(context);
    return packet && rewrite &&
           amend_sctp(env, *packet, static_cast<Direction>(direction), *rewrite);
}

[[gnu::noinline]] int turnout_tc_amend_sctp(__sk_buff* context, const Packet* packet,
                                            uint8_t direction, const Rewrite* rewrite) {
    CompleteLane env(context);
    return packet && rewrite &&
           amend_sctp(env, *packet, static_cast<Direction>(direction), *rewrite);
}

[[gnu::noinline]] int turnout_xdp_rewrite_icmp_error(xdp_md* context, const Packet* packet,
                                                     uint8_t direction, const Rewrite* rewrite) {
    FastLane env(context);
    return packet && rewrite &&
           rewrite_icmp_error(env, *packet, static_cast<Direction>(direction), *rewrite);
}

[[gnu::noinline]] int turnout_tc_rewrite_icmp_error(__sk_buff* context, const Packet* packet,
                                                    uint8_t direction, const Rewrite* rewrite) {
    CompleteLane env(context);
    return packet && rewrite &&
           rewrite_icmp_error(env, *packet, static_cast<Direction>(direction), *rewrite);
}

[[gnu::noinline]] int turnout_tc_turn_into_error(__sk_buff* context, const Packet* packet,
                                                 const IcmpError* error, const abi::Address* from) {
    CompleteLane env(context);
    return packet && error && from && turn_into_error(env, *packet, *error, *from);
}

[[gnu::noinline]] uint32_t turnout_tc_relay_tunnel_error(__sk_buff* context, Packet* packet,
                                                         uint32_t server) {
    CompleteLane env(context);
    return static_cast<uint32_t>(packet ? relay_tunnel_error(env, *packet, server)
                                        : Relayed::not_ours);
}

[[gnu::noinline]] int turnout_xdp_wrap(xdp_md* context, const Packet* packet, uint32_t server,
                                       uint32_t in_pieces) {
    FastLane env(context);
    return packet && wrap(env, *packet, server, in_pieces != 0);
}

[[gnu::noinline]] int turnout_tc_wrap(__sk_buff* context, const Packet* packet, uint32_t server,
                                      uint32_t in_pieces) {
    CompleteLane env(context);
    return packet && wrap(env, *packet, server, in_pieces != 0);
}

[[gnu::noinline]] uint64_t turnout_tc_sum(__sk_buff* context, uint32_t offset, uint32_t bytes) {
    return sum_up(context, offset, bytes, sum_step);
}

[[gnu::section("xdp"), gnu::used]] int turnout_xdp(xdp_md* frame) {
    return take_short_way<FastLane>(frame, to_fast_lane);
}

[[gnu::section("xdp"), gnu::used]] int turnout_xdp_way(xdp_md* frame) {
    FastLane env(frame);
    return env.action(go_whole_way(env));
}

[[gnu::section("tc"), gnu::used]] int turnout_tc(__sk_buff* packet) {
    return take_short_way<CompleteLane>(packet, to_lanes);
}

[[gnu::section("tc"), gnu::used]] int turnout_tc_way(__sk_buff* packet) {
    CompleteLane env(packet);
    env.gather_headers();
    return env.action(go_whole_way(env));
}

// What this machine itself sends meets the complete lane on its way out.  Everything else has met
// it on its way in.
[[gnu::section("tc"), gnu::used]] int turnout_tc_egress(__sk_buff* packet) {
    if (packet->ingress_ifindex == 0) tail_call(packet, &to_lanes, 0);
    return TC_ACT_UNSPEC;
}

// Run once by every daemon that starts: the first sets the clockwork up, a later one points it to
// its own sweeper.
[[gnu::section("tc"), gnu::used]] int turnout_sweep([[maybe_unused]] __sk_buff* packet) {
    auto* sweeper = row_of<Sweeper>(to_sweeper, 0u);
    if (!sweeper) return 1;
    Tables::tell_time();  // packets may come before the first tick
    timer_init(&sweeper->timer, &to_sweeper, 1 /* CLOCK_MONOTONIC */);
    if (timer_set_callback(&sweeper->timer, sweep_slice)) return 2;
    return timer_start(&sweeper->timer, sweep_period_ns, 0) ? 3 : 0;
}
}
