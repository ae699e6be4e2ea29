// The tables by name: what the BPF object declares, the loader pins and the daemon opens.
// Kernel names are cut at 15 characters; a new layout or meaning bumps tables_version.
#pragma once

namespace turnout::abi::map {

inline constexpr char common[] = "to_common";
inline constexpr char pressure[] = "to_pressure";
inline constexpr char service_index[] = "to_service_ix";
inline constexpr char services[] = "to_services";
inline constexpr char plans[] = "to_plans";
inline constexpr char candidates[] = "to_candidates";
inline constexpr char candidate_groups[] = "to_groups";
inline constexpr char rings[] = "to_rings";
inline constexpr char mark_rules[] = "to_mark_rules";
inline constexpr char cursors[] = "to_cursors";
inline constexpr char servers[] = "to_servers";
inline constexpr char server_states[] = "to_server_state";
inline constexpr char reply_services[] = "to_replies";
inline constexpr char endpoints[] = "to_endpoints";
inline constexpr char near_ends[] = "to_near_ends";
inline constexpr char calls[] = "to_calls";
inline constexpr char connections[] = "to_connections";
inline constexpr char service_records[] = "to_service_rec";
inline constexpr char server_records[] = "to_server_rec";
inline constexpr char counters[] = "to_counters";
inline constexpr char traffic[] = "to_traffic";
inline constexpr char drops[] = "to_drops";
inline constexpr char sweeper[] = "to_sweeper";
// Of the programs alone, and pinned so that a new daemon's programs go on with them.
inline constexpr char fragments[] = "to_fragments";
inline constexpr char held_fragments[] = "to_held";
inline constexpr char sequences[] = "to_sequences";
inline constexpr char ftp_controls[] = "to_ftp_controls";
inline constexpr char endings[] = "to_endings";  // a ring for the daemon
// Where a lane goes on with what does not take the short way: row 0, the whole way.
inline constexpr char lanes[] = "to_lanes";
inline constexpr char fast_lane[] = "to_fast_lane";

// Every one of them that is pinned.
inline constexpr const char* all[] = {
    common,         pressure,         service_index,  services,        plans,
    candidates,     cursors,          servers,        rings,           mark_rules,
    calls,          server_states,    reply_services, service_records, server_records,
    connections,    counters,         drops,          sweeper,         fragments,
    held_fragments, sequences,        endings,        lanes,           near_ends,
    ftp_controls,   candidate_groups, fast_lane,      endpoints,       traffic,
};

}  // namespace turnout::abi::map
