// The part of an environment that both lanes and the sweeper share: rows, time, loops.
#pragma once

#include <stdint.h>

#include "abi/drop.hpp"
#include "bpf/helpers.hpp"
#include "bpf/maps.hpp"
#include "path/fragments.hpp"
#include "path/open.hpp"
#include "path/schedule.hpp"

// The rare parts of the way as functions of their own, defined in director.bpf.cpp.  Searched,
// Attempt and Inserted come back as one number, the first field in its low half.
extern "C" {
uint64_t turnout_find(const turnout::abi::Tuple* tuple, uint32_t now);
uint64_t turnout_try_insert(const turnout::abi::Connection* record, uint32_t seen);
uint64_t turnout_insert(const turnout::abi::Connection* record, uint32_t seen);
uint32_t turnout_ask(turnout::Opening* opening);
uint32_t turnout_schedule(turnout::Opening* opening);
uint32_t turnout_position_of_least(const turnout::abi::Plan* plan, uint32_t rule);
uint32_t turnout_connect(turnout::Opening* opening);
uint32_t turnout_call_out(turnout::Opening* opening);
int turnout_find_near_end(const turnout::Packet* packet, turnout::Opening* opening);
uint32_t turnout_choose_by_hash(turnout::Opening* opening);
uint32_t turnout_reply_by_hash(turnout::Opening* opening);
uint32_t turnout_go_without_record(turnout::Opening* opening);
int turnout_track(const turnout::Packet* packet, turnout::abi::Connection* connection,
                  uint32_t direction, uint32_t timeouts, uint32_t now);
int turnout_tell_of_end(uint32_t location, uint32_t now);
uint64_t turnout_find_fragment_note(const turnout::Packet* packet, uint32_t now);
uint32_t turnout_note_first(const turnout::Packet* packet, uint32_t location, uint8_t direction,
                            uint8_t fate, uint32_t now);
}

namespace turnout::bpf {

// The row of an index that is masked, not compared: for the verifier to see that it is one.
template <class Row, uint32_t rows>
TURNOUT_INLINE Row* masked(Row (&table)[rows], uint32_t index) {
    static_assert((rows & (rows - 1)) == 0);
    hold(index);  // or a compiler that knows the bound would not mask it
    return &table[index & (rows - 1)];
}

template <class Row, class Map, class Key>
TURNOUT_INLINE Row* row_of(Map& map, const Key& key) {
    return static_cast<Row*>(map_lookup_elem(&map, &key));
}

class TablesEnv {
  public:
    TURNOUT_INLINE static const abi::Settings& settings() { return to_common.settings; }
    TURNOUT_INLINE static const abi::Timeouts* timeouts(uint32_t index) {
        return masked(to_common.timeouts, index);
    }
    TURNOUT_INLINE static const uint8_t* filter_cell(uint32_t index) {
        return masked(to_common.filter, index);
    }
    TURNOUT_INLINE static abi::Neighbour* neighbour(uint32_t index) {
        abi::Neighbour* row = masked(to_common.neighbours, index);
        hold(row);  // kept, and not worked out once more
        if (!row) __builtin_unreachable();
        return row;
    }
    TURNOUT_INLINE static const abi::Interface* interface(uint32_t ifindex) {
        return ifindex < abi::interface_rows ? masked(to_common.interfaces, ifindex) : nullptr;
    }
    TURNOUT_INLINE static void switch_settings(uint32_t on, uint32_t off) {
        set_bits(to_common.settings.flags, on);
        clear_bits(to_common.settings.flags, off);
    }
    TURNOUT_INLINE static abi::Pressure* pressure() {
        return row_of<abi::Pressure>(to_pressure, 0u);
    }
    TURNOUT_INLINE static const uint32_t* service_id(const abi::Endpoint& key) {
        return row_of<const uint32_t>(to_service_ix, key);
    }
    TURNOUT_INLINE static const abi::Service* service(uint32_t id) {
        return row_of<const abi::Service>(to_services, id);
    }
    TURNOUT_INLINE static const abi::Plan* plan(uint32_t index) {
        return row_of<const abi::Plan>(to_plans, index);
    }
    TURNOUT_INLINE static const abi::Candidate* candidate(uint32_t index) {
        return row_of<const abi::Candidate>(to_candidates, index);
    }
    TURNOUT_INLINE static abi::CandidateGroups* candidate_groups(uint32_t index) {
        return row_of<abi::CandidateGroups>(to_groups, index);
    }
    TURNOUT_INLINE static const abi::RingWord* ring_word(uint32_t index) {
        return row_of<const abi::RingWord>(to_rings, index);
    }
    TURNOUT_INLINE static const abi::MarkRule* mark_rule(uint32_t index) {
        return row_of<const abi::MarkRule>(to_mark_rules, index);
    }
    TURNOUT_INLINE static abi::Cursor* cursor(uint32_t service) {
        return row_of<abi::Cursor>(to_cursors, service);
    }
    TURNOUT_INLINE static abi::Server* server(uint32_t id) {
        return row_of<abi::Server>(to_servers, id);
    }
    TURNOUT_INLINE static abi::ServerState* server_state(uint32_t id) {
        return row_of<abi::ServerState>(to_server_state, id);
    }
    TURNOUT_INLINE static const abi::ReplyService* reply_service(const abi::Endpoint& key) {
        return row_of<const abi::ReplyService>(to_replies, key);
    }
    TURNOUT_INLINE static const abi::EndpointRow* endpoint_row(uint32_t index) {
        return row_of<const abi::EndpointRow>(to_endpoints, index);
    }
    TURNOUT_INLINE static const abi::Address* near_end(const abi::Endpoint& sender) {
        return row_of<const abi::Address>(to_near_ends, sender);
    }
    TURNOUT_INLINE static abi::Bucket* bucket(uint32_t index) {
        return row_of<abi::Bucket>(to_connections, index);
    }
    TURNOUT_INLINE static abi::TrafficCounters* traffic(uint32_t server, Direction direction) {
        const uint32_t row = abi::traffic_row(settings().counter_stride, get_smp_processor_id(),
                                              static_cast<uint32_t>(direction), server);
        return row_of<abi::TrafficCounters>(to_traffic, row);
    }
    TURNOUT_INLINE static abi::BeginCounters* begun(uint32_t server) {
        const uint32_t first = get_smp_processor_id() * settings().counter_stride;
        return row_of<abi::BeginCounters>(to_counters, first + server);
    }
    TURNOUT_INLINE static void count_drop(abi::Drop reason) {
        if (auto* count = row_of<uint64_t>(to_drops, static_cast<uint32_t>(reason))) *count += 1;
    }

    // The sweeper tells it: one number to read, where the clock is a call.
    TURNOUT_INLINE static abi::Tick now() { return load_once(to_common.settings.now); }
    TURNOUT_INLINE static void tell_time() {
        store_once(to_common.settings.now, abi::tick_of_ns(ktime_get_coarse_ns()));
    }
    TURNOUT_INLINE static uint64_t random() { return get_prandom_u32(); }
    TURNOUT_INLINE static uint32_t cpu() { return get_smp_processor_id(); }

    TURNOUT_INLINE static Searched find(const abi::Tuple& tuple, abi::Tick now) {
        const uint64_t packed = turnout_find(&tuple, now);
        return {static_cast<Location>(packed), static_cast<uint32_t>(packed >> 32)};
    }
    TURNOUT_INLINE static Attempt try_insert(const abi::Connection& record, uint32_t seen) {
        const uint64_t packed = turnout_try_insert(&record, seen);
        return {static_cast<Location>(packed), packed >> 32 != 0};
    }
    TURNOUT_INLINE static Inserted insert(const abi::Connection& record, uint32_t seen) {
        const uint64_t packed = turnout_insert(&record, seen);
        return {static_cast<Location>(packed), packed >> 32 != 0};
    }
    TURNOUT_INLINE static Opening* opening() { return row_of<Opening>(to_openings, 0u); }
    TURNOUT_INLINE static Answer ask(Opening& opening) {
        return static_cast<Answer>(turnout_ask(&opening));
    }
    TURNOUT_INLINE static Answer schedule(Opening& opening) {
        return static_cast<Answer>(turnout_schedule(&opening));
    }
    TURNOUT_INLINE static uint32_t position_of_least(const abi::Plan& plan, least::Rule rule) {
        return turnout_position_of_least(&plan, static_cast<uint32_t>(rule));
    }
    TURNOUT_INLINE static Location connect(Opening& opening) { return turnout_connect(&opening); }

    TURNOUT_INLINE static Answer call_out(Opening& opening) {
        return static_cast<Answer>(turnout_call_out(&opening));
    }

    TURNOUT_INLINE static bool find_near_end(const Packet& packet, Opening& opening) {
        return turnout_find_near_end(&packet, &opening) != 0;
    }

    TURNOUT_INLINE static Answer choose_by_hash(Opening& opening) {
        return static_cast<Answer>(turnout_choose_by_hash(&opening));
    }
    TURNOUT_INLINE static Answer reply_by_hash(Opening& opening) {
        return static_cast<Answer>(turnout_reply_by_hash(&opening));
    }
    TURNOUT_INLINE static Location go_without_record(Opening& opening) {
        return turnout_go_without_record(&opening);
    }

    TURNOUT_INLINE static abi::FtpControl* ftp_control(Location location) {
        return row_of<abi::FtpControl>(to_ftp_controls, location);
    }
    TURNOUT_INLINE static abi::FtpControl* add_ftp_control(Location location) {
        if (auto* none = row_of<const abi::FtpControl>(to_no_control, 0u))
            map_update_elem(&to_ftp_controls, &location, none, BPF_ANY);
        return ftp_control(location);
    }
    TURNOUT_INLINE static void forget_ftp_control(Location location) {
        map_delete_elem(&to_ftp_controls, &location);
    }

    TURNOUT_INLINE static abi::Sequences* sequences(Location location) {
        return row_of<abi::Sequences>(to_sequences, location);
    }
    TURNOUT_INLINE static void tell_ending(const abi::Ending& ending) {
        ringbuf_output(&to_endings, &ending, sizeof ending, 0);
    }
    TURNOUT_INLINE static void tell_of_end(Location location, abi::Tick now) {
        turnout_tell_of_end(location, now);
    }

    TURNOUT_INLINE static const FragmentNote* fragment_note(const FragmentKey& key) {
        return row_of<const FragmentNote>(to_fragments, key);
    }
    TURNOUT_INLINE static void put_fragment_note(const FragmentKey& key, const FragmentNote& note) {
        map_update_elem(&to_fragments, &key, &note, BPF_ANY);
    }
    // What the pipeline asks of a note, as one number.
    TURNOUT_INLINE static FragmentNote find_fragment_note(const Packet& packet, abi::Tick now) {
        const uint64_t packed = turnout_find_fragment_note(&packet, now);
        const auto more = static_cast<uint32_t>(packed >> 32);
        return {static_cast<Location>(packed), 0, 0, static_cast<FragmentFate>(more & 0xff),
                static_cast<Direction>(more >> 8 & 0xff)};
    }
    TURNOUT_INLINE static uint32_t note_first(const Packet& packet, Location location,
                                              Direction direction, FragmentFate fate,
                                              abi::Tick now) {
        return turnout_note_first(&packet, location, static_cast<uint8_t>(direction),
                                  static_cast<uint8_t>(fate), now);
    }

    TURNOUT_INLINE static void track(const Packet& packet, abi::Connection& connection,
                                     Direction direction, uint32_t timeouts, abi::Tick now) {
        turnout_track(&packet, &connection, static_cast<uint32_t>(direction), timeouts, now);
    }

    // Looked up here: Linux 6.1 takes a table's memory for an update, but not that of a parameter.
    TURNOUT_INLINE static void keep_call(Location location) {
        if (const Opening* own = opening())
            map_update_elem(&to_calls, &location, &own->call, BPF_ANY);
    }

    // Calls body(0, context), body(1, context), … until it returns 1 or `count` is reached.
    template <class Context, class Body>
    TURNOUT_INLINE static void each(uint32_t count, Context* context, Body body) {
        long (*const callback)(uint32_t, Context*) = body;
        loop(count, callback, context);
    }
};

}  // namespace turnout::bpf
