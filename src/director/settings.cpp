#include "director/settings.hpp"

#include <cerrno>
#include <limits>
#include <string_view>

#include "tables/convert.hpp"
#include "tables/timeouts.hpp"

namespace turnout::director {
namespace {

using abi::DefenceMode;
namespace flag = abi::settings_flag;

// A setting and where it is kept.
struct Kept {
    const char* name;
    int64_t standard, least, greatest;
    const char* meaning;
    int64_t (*read)(const abi::Settings& settings);
    void (*write)(abi::Settings& settings, int64_t value);
};

void put_flag(abi::Settings& settings, uint32_t flags, bool on) {
    if (on)
        __atomic_fetch_or(&settings.flags, flags, __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(&settings.flags, ~flags, __ATOMIC_SEQ_CST);
}

// One flag of the data plane's: it is set while the setting departs from its standard.
template <uint32_t Flag, bool standard = false>
constexpr Kept choice(const char* name, const char* meaning) {
    return {name,
            standard,
            0,
            1,
            meaning,
            [](const abi::Settings& s) -> int64_t { return ((s.flags & Flag) != 0) != standard; },
            [](abi::Settings& s, int64_t value) { put_flag(s, Flag, (value != 0) != standard); }};
}

// A defence, and the flag that tells whether it is up: IPVS shows 2 for "automatic, and up".
template <DefenceMode abi::Settings::*Mode, uint32_t Up>
int64_t read_defence(const abi::Settings& settings) {
    const DefenceMode mode = settings.*Mode;
    const bool up = settings.flags & Up;
    return mode == DefenceMode::automatic ? 1 + int64_t{up} : static_cast<int64_t>(mode);
}
template <DefenceMode abi::Settings::*Mode>
void write_defence(abi::Settings& settings, int64_t value) {
    settings.*Mode = value == 2 ? DefenceMode::automatic : static_cast<DefenceMode>(value);
}
template <DefenceMode abi::Settings::*Mode, uint32_t Up>
constexpr Kept defence(const char* name, const char* meaning) {
    return {name, 0, 0, 3, meaning, read_defence<Mode, Up>, write_defence<Mode>};
}

template <abi::Tick abi::Settings::*Timeout>
constexpr Kept expiration(const char* name, const char* meaning) {
    return {name,
            86400,
            1,
            model::longest_timeout_s,
            meaning,
            [](const abi::Settings& s) -> int64_t { return tables::seconds_of(s.*Timeout); },
            [](abi::Settings& s, int64_t value) {
                s.*Timeout = abi::ticks_of_seconds(static_cast<uint32_t>(value));
            }};
}

// 0, 1 as 0, 1; 2 adds FIN_WAIT to what 1 lets go.
int64_t read_reuse_mode(const abi::Settings& settings) {
    if (settings.flags & flag::no_reuse) return 0;
    return settings.flags & flag::reuse_fin_wait ? 2 : 1;
}
void write_reuse_mode(abi::Settings& settings, int64_t value) {
    put_flag(settings, flag::no_reuse, value == 0);
    put_flag(settings, flag::reuse_fin_wait, value >= 2);
}

template <uint32_t Number>
constexpr Kept ftp_port(const char* name) {
    return {name,
            Number == 0 ? 21 : 0,
            0,
            65535,
            "a port at which FTP is translated for servers by NAT; 0: none",
            [](const abi::Settings& s) -> int64_t { return to_host(s.ftp_port[Number]); },
            [](abi::Settings& s, int64_t value) {
                s.ftp_port[Number] = to_be(static_cast<uint16_t>(value));
            }};
}

void write_drop_entry(abi::Settings& settings, int64_t value) {
    write_defence<&abi::Settings::drop_entry>(settings, value);
    put_flag(settings, flag::count_packets, value != 0);
}

constexpr uint32_t most_pages = std::numeric_limits<uint32_t>::max() / tables::records_per_page;

constexpr Kept kept[] = {
    {"am_droprate", 10, 1, std::numeric_limits<int32_t>::max(),
     "drop_packet 3 refuses one in so many new connections",
     [](const abi::Settings& s) -> int64_t { return s.drop_rate; },
     [](abi::Settings& s, int64_t value) { s.drop_rate = static_cast<uint32_t>(value); }},
    {"amemthresh", 1024, 0, most_pages,
     "pages of 64 records that are left when the defences rise; an eighth of the table at most",
     [](const abi::Settings& s) -> int64_t {
         return s.memory_threshold / tables::records_per_page;
     },
     [](abi::Settings& s, int64_t value) {
         s.memory_threshold = static_cast<uint32_t>(value) * tables::records_per_page;
     }},
    choice<flag::cache_bypass>(
        "cache_bypass", "1: a service by mark without a server lets packets go where they are for"),
    {"conn_reuse_mode", 1, 0, 3,
     "1: ended connections make way for a new one of the same ports; 2: one-sided ones in "
     "FIN_WAIT, too; 0: none",
     read_reuse_mode, write_reuse_mode},
    {"drop_entry", 0, 0, 3,
     "1: connections that came to nothing end when the table is nearly full; 3: always",
     read_defence<&abi::Settings::drop_entry, flag::drop_entry>, write_drop_entry},
    defence<&abi::Settings::drop_packet, flag::drop_packet>(
        "drop_packet",
        "1: some new connections are refused when the table is nearly full; 3: always"),
    choice<flag::expire_nodest_conn>("expire_nodest_conn",
                                     "1: connections end with the removal of their server"),
    choice<flag::expire_quiescent_template>(
        "expire_quiescent_template",
        "1: clients bound by persistence to a server of weight 0 are given another"),
    ftp_port<0>("ftp_port.1"),
    ftp_port<1>("ftp_port.2"),
    ftp_port<2>("ftp_port.3"),
    ftp_port<3>("ftp_port.4"),
    ftp_port<4>("ftp_port.5"),
    ftp_port<5>("ftp_port.6"),
    ftp_port<6>("ftp_port.7"),
    ftp_port<7>("ftp_port.8"),
    expiration<&abi::Settings::lblc_timeout>(
        "lblc_expiration", "seconds that lblc remembers a destination nobody asks for"),
    expiration<&abi::Settings::lblcr_timeout>(
        "lblcr_expiration", "seconds that lblcr does, and leaves a set of servers as it is"),
    choice<flag::nat_icmp_send>("nat_icmp_send",
                                "1: a NAT server's packet of no connection is dropped, and the "
                                "server told so; 0: it passes"),
    choice<flag::no_path_mtu_discovery, true>(
        "pmtu_disc",
        "0: IPv4 packets too large for a tunnel are fragmented, whatever they say of it"),
    choice<flag::schedule_icmp>(
        "schedule_icmp",
        "1: an ICMP error of no connection is scheduled as a packet of its client would be"),
    defence<&abi::Settings::secure_tcp, flag::secure_tcp>(
        "secure_tcp",
        "1: only whole handshakes establish when the table is nearly full; 3: always"),
    choice<flag::sloppy_sctp>("sloppy_sctp",
                              "1: any SCTP chunk but an ABORT may begin a connection"),
    choice<flag::sloppy_tcp>("sloppy_tcp", "1: any TCP segment but a RST may begin a connection"),
};

// What IPVS has and a director of this kind has no use for.
struct Senseless {
    const char* name;
    const char* why;
};

constexpr char no_conntrack[] = "packets do not pass netfilter, so there is no conntrack entry";
constexpr char no_sync[] = "this version does not send its connections to another director";
constexpr char no_estimator[] = "rates are made by turnoutd when it reads the counters";

constexpr Senseless senseless[] = {
    {"backup_only", no_sync},
    {"conntrack", no_conntrack},
    {"conn_lfactor", "the table has the size that --conn-table-bits gives it"},
    {"svc_lfactor", "the service table has the size that --max-services gives it"},
    {"debug_level", "there is no debug log; `turnout status` counts what is dropped, by reason"},
    {"est_cpulist", no_estimator},
    {"est_nice", no_estimator},
    {"run_estimation", no_estimator},
    {"ignore_tunneled", "what comes out of a tunnel is never scheduled again"},
    {"snat_reroute", "the way of a reply is looked up by its client, as 1 says in IPVS"},
    {"sync_persist_mode", no_sync},
    {"sync_ports", no_sync},
    {"sync_qlen_max", no_sync},
    {"sync_refresh_period", no_sync},
    {"sync_retries", no_sync},
    {"sync_sock_size", no_sync},
    {"sync_threshold", no_sync},
    {"sync_version", no_sync},
};

Status in_range(const std::string& name, int64_t value, int64_t least, int64_t greatest) {
    if (value >= least && value <= greatest) return {};
    const char* between = greatest == least + 1 ? " or " : " to ";
    return fail(ERANGE, name + " is " + std::to_string(least) + between + std::to_string(greatest) +
                            ", not " + std::to_string(value));
}

Status change_timeout(const tables::Rows& rows, const std::string& name,
                      const tables::NamedState& state, int64_t seconds) {
    if (auto ok = in_range(name, seconds, 1, model::longest_timeout_s); !ok) return ok;
    tables::set_common_timeout(rows, state.state, static_cast<uint32_t>(seconds));
    return {};
}

}  // namespace

std::vector<model::Setting> list_settings(const tables::Rows& rows) {
    std::vector<model::Setting> all;
    for (const Kept& setting : kept)
        all.push_back({setting.name, setting.read(*rows.settings), setting.standard, setting.least,
                       setting.greatest, setting.meaning});
    for (const auto& [state, name, meaning, seconds] : tables::named_states())
        all.push_back({std::string(timeout_prefix) + name, tables::common_timeout(rows, state),
                       seconds, 1, model::longest_timeout_s,
                       std::string("idle seconds, ") + meaning});
    return all;
}

Status change_setting(const tables::Rows& rows, const std::string& name, int64_t value) {
    for (const Kept& setting : kept) {
        if (name != setting.name) continue;
        if (auto ok = in_range(name, value, setting.least, setting.greatest); !ok) return ok;
        setting.write(*rows.settings, value);
        return {};
    }
    if (name.starts_with(timeout_prefix))
        if (const auto* state = tables::state_named(
                std::string_view(name).substr(std::string_view(timeout_prefix).size())))
            return change_timeout(rows, name, *state, value);
    for (const auto& [known, why] : senseless)
        if (name == known) return fail(ENOSYS, std::string(name) + " makes no sense here: " + why);
    return fail(ENOENT, "no setting \"" + name + "\"; `turnout settings` shows those there are");
}

}  // namespace turnout::director
