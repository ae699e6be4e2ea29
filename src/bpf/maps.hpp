// The tables as the kernel's maps.  Names are those of abi/maps.hpp; sizes marked "at load" are
// set by the loader.
//
// Arrays are mappable, so that the daemon writes rows and reads counters without system calls.
#pragma once

#include <linux/bpf.h>
#include <stdint.h>

#include "abi/drop.hpp"
#include "abi/rows.hpp"
#include "path/forwarding/pieces.hpp"
#include "path/opening.hpp"

namespace turnout::bpf {

// Map definitions as libbpf reads them from the debug information: numbers are array sizes.
template <class Row, uint32_t Rows>
struct Array {
    int (*type)[BPF_MAP_TYPE_ARRAY];
    uint32_t* key;
    Row* value;
    int (*max_entries)[Rows];
    int (*map_flags)[BPF_F_MMAPABLE];
};

template <class Key, class Row, uint32_t Rows>
struct Hash {
    int (*type)[BPF_MAP_TYPE_HASH];
    Key* key;
    Row* value;
    int (*max_entries)[Rows];
    int (*map_flags)[BPF_F_NO_PREALLOC];
};

// Drops are rare and read seldom: counted per CPU by the kernel's own map type.
struct DropCounts {
    int (*type)[BPF_MAP_TYPE_PERCPU_ARRAY];
    uint32_t* key;
    uint64_t* value;
    int (*max_entries)[abi::drop_rows];
};

// What the data plane itself puts in and takes out, so its memory is there from the start.
template <class Key, class Row, uint32_t Rows>
struct OwnHash {
    int (*type)[BPF_MAP_TYPE_HASH];
    Key* key;
    Row* value;
    int (*max_entries)[Rows];
};

struct CallsMap {
    int (*type)[BPF_MAP_TYPE_LRU_HASH];
    uint32_t* key;
    abi::NamedCall* value;
    int (*max_entries)[abi::named_calls];
};

// The oldest rows give way.
template <class Key, class Row, uint32_t Rows>
struct LruHash {
    int (*type)[BPF_MAP_TYPE_LRU_HASH];
    Key* key;
    Row* value;
    int (*max_entries)[Rows];
};

// Each CPU's room for one.
template <class Row>
struct Room {
    int (*type)[BPF_MAP_TYPE_PERCPU_ARRAY];
    uint32_t* key;
    Row* value;
    int (*max_entries)[1];
};

// A fragment on its way to those that wait for their first, or from there.
struct FragmentRoom {
    HeldKey key;
    HeldFragment fragment;
};

// A packet that leaves in pieces.
struct Payload {
    // As much again as a piece may be, so that the verifier sees every piece within.
    uint8_t byte[most_in_pieces + 8192 + 4];
    // Of the whole, and of the piece in hand.
    Ipv4Header header, piece;
    Ipv6Header header_ipv6;
    Ipv6Piece piece_ipv6;
    // Of a tunnel before each piece.
    Ipv4Header outer_ipv4, outer_piece;
    Ipv6Header outer_ipv6;
};

// The sweeper's clockwork and where it stands.
struct Sweeper {
    bpf_timer timer;
    uint32_t next_bucket;
    uint32_t pad_;
};
struct SweeperMap {
    int (*type)[BPF_MAP_TYPE_ARRAY];
    uint32_t* key;
    Sweeper* value;
    int (*max_entries)[1];
};

// What the sweeper tells the daemon, one abi::Ending after the other.
struct EndingsMap {
    int (*type)[BPF_MAP_TYPE_RINGBUF];
    int (*max_entries)[abi::ending_bytes];
};

// A program to go on in; the loader's affair.
struct ProgramMap {
    int (*type)[BPF_MAP_TYPE_PROG_ARRAY];
    int (*key_size)[sizeof(uint32_t)];
    int (*value_size)[sizeof(uint32_t)];
    int (*max_entries)[1];
};

using PressureMap = Array<abi::Pressure, 1>;
using ServiceIndexMap = Hash<abi::Endpoint, uint32_t, 1>;   // at load
using SequencesMap = Array<abi::Sequences, 1>;              // at load
using ServicesMap = Array<abi::Service, 1>;                 // at load
using PlansMap = Array<abi::Plan, 1>;                       // at load
using CandidatesMap = Array<abi::Candidate, 1>;             // at load
using CandidateGroupsMap = Array<abi::CandidateGroups, 1>;  // at load
using RingsMap = Array<abi::RingWord, 1>;                   // at load
using MarkRulesMap = Array<abi::MarkRule, abi::mark_rule_rows>;
using CursorsMap = Array<abi::Cursor, 1>;                      // at load
using ServersMap = Array<abi::Server, 1>;                      // at load
using ServerStatesMap = Array<abi::ServerState, 1>;            // at load
using RepliesMap = Hash<abi::Endpoint, abi::ReplyService, 1>;  // at load
using EndpointsMap = Array<abi::EndpointRow, 1>;               // at load
using NearEndsMap = Hash<abi::Endpoint, abi::Address, 1>;      // at load
using ConnectionsMap = Array<abi::Bucket, 1>;                  // at load
using ServiceRecordsMap = Array<abi::ServiceRecord, 1>;        // at load
using ServerRecordsMap = Array<abi::ServerRecord, 1>;          // at load
using CountersMap = Array<abi::BeginCounters, 1>;              // at load
using TrafficCountersMap = Array<abi::TrafficCounters, 1>;     // at load
using FragmentsMap = LruHash<FragmentKey, FragmentNote, 16384>;
using HeldMap = LruHash<HeldKey, HeldFragment, 1024>;
using FtpControlsMap = OwnHash<uint32_t, abi::FtpControl, abi::ftp_controls>;  // by location
using NoControl = Room<abi::FtpControl>;  // all zero: too large for the stack
using Openings = Room<Opening>;
using Pieces = Room<Piece>;
using Payloads = Room<Payload>;
using FragmentRooms = Room<FragmentRoom>;

#define TURNOUT_MAP(Type, name) \
    extern Type name;           \
    [[gnu::section(".maps"), gnu::used]] Type name

extern "C" {
TURNOUT_MAP(PressureMap, to_pressure);
TURNOUT_MAP(ServiceIndexMap, to_service_ix);
TURNOUT_MAP(ServicesMap, to_services);
TURNOUT_MAP(PlansMap, to_plans);
TURNOUT_MAP(CandidatesMap, to_candidates);
TURNOUT_MAP(CandidateGroupsMap, to_groups);
TURNOUT_MAP(RingsMap, to_rings);
TURNOUT_MAP(MarkRulesMap, to_mark_rules);
TURNOUT_MAP(CursorsMap, to_cursors);
TURNOUT_MAP(ServersMap, to_servers);
TURNOUT_MAP(ServerStatesMap, to_server_state);
TURNOUT_MAP(RepliesMap, to_replies);
TURNOUT_MAP(EndpointsMap, to_endpoints);
TURNOUT_MAP(NearEndsMap, to_near_ends);
TURNOUT_MAP(CallsMap, to_calls);
TURNOUT_MAP(ConnectionsMap, to_connections);
TURNOUT_MAP(ServiceRecordsMap, to_service_rec);
TURNOUT_MAP(ServerRecordsMap, to_server_rec);
TURNOUT_MAP(CountersMap, to_counters);
TURNOUT_MAP(TrafficCountersMap, to_traffic);
TURNOUT_MAP(DropCounts, to_drops);
TURNOUT_MAP(SweeperMap, to_sweeper);
TURNOUT_MAP(NoControl, to_no_control);
TURNOUT_MAP(Openings, to_openings);
TURNOUT_MAP(Pieces, to_pieces);
TURNOUT_MAP(Payloads, to_payloads);
TURNOUT_MAP(FragmentsMap, to_fragments);
TURNOUT_MAP(HeldMap, to_held);
TURNOUT_MAP(FragmentRooms, to_fragment_rm);
TURNOUT_MAP(SequencesMap, to_sequences);
TURNOUT_MAP(FtpControlsMap, to_ftp_controls);
TURNOUT_MAP(EndingsMap, to_endings);
TURNOUT_MAP(ProgramMap, to_lanes);
TURNOUT_MAP(ProgramMap, to_fast_lane);

// A variable to the programs: they know where it stands, and need not look it up.  libbpf makes a
// table of one row of all variables there are, and this is the only one.
extern abi::Common to_common;
[[gnu::used]] abi::Common to_common;
}
#undef TURNOUT_MAP

}  // namespace turnout::bpf
