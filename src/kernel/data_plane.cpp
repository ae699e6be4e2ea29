#include "kernel/data_plane.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "abi/drop.hpp"
#include "abi/maps.hpp"
#include "base/fd.hpp"
#include "base/random.hpp"
#include "kernel/lanes.hpp"
#include "kernel/maps.hpp"
#include "kernel/pins.hpp"
#include "kernel/takeover.hpp"
#include "kernel/translate_tables.hpp"
#include "tables/convert.hpp"

extern "C" const unsigned char turnout_bpf_director_begin[];
extern "C" const unsigned char turnout_bpf_director_end[];

namespace turnout::kernel {
namespace {

namespace names = abi::map;
namespace fs = std::filesystem;

struct ObjectCloser {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, ObjectCloser>;

Result<Object> open_object() {
    const auto size = static_cast<size_t>(turnout_bpf_director_end - turnout_bpf_director_begin);
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "turnout");
    Object object(bpf_object__open_mem(turnout_bpf_director_begin, size, &options));
    if (!object) return fail_errno(errno, "cannot read the data plane's programs");
    return object;
}

// libbpf calls the table of the programs' variables, which the common row is, by its section.
bpf_map* map_of(bpf_object* object, const char* name) {
    const bool variable = std::string_view(name) == names::common;
    return bpf_object__find_map_by_name(object, variable ? ".bss" : name);
}

struct MapSize {
    const char* name;
    uint32_t rows;
};

constexpr uint32_t words_of_largest_ring = 1024;

void size_maps(bpf_object* object, const Sizes& sizes) {
    const auto cpus = static_cast<uint32_t>(libbpf_num_possible_cpus());
    // Behind those of the table, a scratch one for every CPU.
    const uint32_t buckets = (1u << sizes.connection_bits) / abi::bucket_fill + cpus;
    const MapSize wanted[] = {
        {names::service_index, sizes.services},
        {names::services, sizes.services},
        {names::cursors, sizes.services},
        {names::service_records, sizes.services},
        // Beside one for every service: those that a change has just put aside.
        {names::plans, 2 * sizes.services + 1024},
        // A range is rounded up to a power of two, and for a while there are two of it.
        {names::candidates, 8 * sizes.servers + 65536},
        {names::candidate_groups, abi::rows_of_groups(8 * sizes.servers + 65536)},
        {names::rings, sizes.rings * words_of_largest_ring},
        {names::servers, sizes.servers},
        {names::server_states, sizes.servers},
        {names::server_records, sizes.servers},
        {names::reply_services, sizes.servers},
        {names::near_ends, sizes.servers},
        {names::endpoints, std::bit_ceil(sizes.services + sizes.servers)},
        {names::counters, cpus * sizes.servers},
        {names::traffic, cpus * 2 * sizes.servers},
        {names::connections, buckets},
        {names::sequences, buckets * abi::lines_per_bucket},
    };
    for (const auto& [name, rows] : wanted) bpf_map__set_max_entries(map_of(object, name), rows);
}

Result<uint32_t> rows_of(const std::string& directory, const char* name) {
    const Fd pinned(bpf_obj_get((directory + "/" + name).c_str()));
    if (!pinned) return fail_errno(errno, "cannot open table " + std::string(name));
    bpf_map_info info{};
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(pinned.get(), &info, &size) != 0)
        return fail_errno(errno, "cannot tell the size of table " + std::string(name));
    return info.max_entries;
}

// New tables that are to be filled from others, row by row, are as large as those.
Status size_maps_like(bpf_object* object, const std::string& directory) {
    const auto services = rows_of(directory, names::services);
    const auto servers = rows_of(directory, names::servers);
    if (!services) return std::unexpected(services.error());
    if (!servers) return std::unexpected(servers.error());
    size_maps(object, {.services = *services, .servers = *servers});
    for (const char* name : names::all) {
        const auto rows = rows_of(directory, name);
        if (!rows && rows.error().code == ENOENT) continue;  // the other version has no such table
        if (!rows) return std::unexpected(rows.error());
        bpf_map* map = map_of(object, name);
        const bool as_it_is = std::string_view(name) == names::connections;
        bpf_map__set_max_entries(map,
                                 as_it_is ? *rows : std::max(*rows, bpf_map__max_entries(map)));
    }
    const bpf_map* buckets = map_of(object, names::connections);
    bpf_map__set_max_entries(map_of(object, names::sequences),
                             bpf_map__max_entries(buckets) * abi::lines_per_bucket);
    return {};
}

// The tables that an earlier daemon left take the place of new ones, in their sizes.  But for the
// fast lane's program: the kernel keeps one that knows of frames in parts from a table that has had
// one that does not, and which that is depends on the mode.
Status reuse_pinned(bpf_object* object, const std::string& directory) {
    for (const char* name : names::all) {
        if (name == names::fast_lane) continue;
        const Fd pinned(bpf_obj_get((directory + "/" + name).c_str()));
        if (!pinned)
            return fail_errno(
                errno, "the pinned table " + directory + "/" + name +
                           " cannot be opened; run `turnout down --keep-services` and start again");
        bpf_map* map = map_of(object, name);
        if (bpf_map__reuse_fd(map, pinned.get()) != 0)
            return fail_errno(errno, "cannot adopt table " + std::string(name));
    }
    return {};
}

Status pin_maps(bpf_object* object, const std::string& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) return fail_errno(error.value(), "cannot make " + directory);
    for (const char* name : names::all) {
        bpf_map* map = map_of(object, name);
        if (bpf_map__pin(map, (directory + "/" + name).c_str()) == 0) continue;
        return fail_errno(errno, "cannot pin table " + std::string(name));
    }
    return {};
}

Error load_error(int code) {
    if (code == EPERM || code == EACCES)
        return {code,
                "the kernel does not permit BPF programs: run turnoutd as root, with "
                "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"};
    if (code == ENOMEM)
        return {code,
                "no memory for the tables: start with smaller --conn-table-bits, "
                "--max-services or --max-servers"};
    return {code, std::string("the kernel refuses the data plane's programs: ") +
                      std::strerror(code) + " (Linux 6.1 or later with CONFIG_BPF_JIT is needed)"};
}

void initialise(tables::Rows& rows) {
    abi::Settings settings{};
    settings.hash_seed = random_u64();
    settings.bucket_mask = static_cast<uint32_t>(rows.buckets.size()) - 1;
    settings.counter_stride = static_cast<uint32_t>(rows.servers.size());
    settings.endpoint_mask = static_cast<uint32_t>(rows.endpoints.size()) - 1;
    // The whole table about once a second.
    settings.buckets_per_sweep = std::max<uint32_t>(1, (settings.bucket_mask + 1) / 64);
    *rows.settings = settings;
    tables::set_defaults(rows);
}

// What connections count comes with them; ways are found anew.
void forget_traffic(tables::Rows& rows) {
    for (abi::ServerState& state : rows.server_states) {
        state.load = 0;
        state.persistent = 0;
        state.group = 0;
    }
    for (abi::Server& server : rows.servers) server.hop = 0;
}

// Tables that are there are used as they are; new ones get their sizes.
Status prepare_tables(bpf_object* object, const std::string& directory, const PinnedTables& found,
                      const Sizes& sizes) {
    if (found.own) return reuse_pinned(object, tables_directory(directory));
    if (!found.other.empty()) return size_maps_like(object, found.other);
    size_maps(object, sizes);
    return {};
}

// `like`: the folder of tables of another version, which the new ones are to be filled from, or "".
Result<std::unique_ptr<Maps>> make_tables(bpf_object* object, const std::string& directory,
                                          const std::string& like) {
    const std::string made = aside(directory);
    std::error_code error;
    fs::remove_all(made, error);
    auto pinned = pin_maps(object, made);
    auto maps = pinned ? Maps::open(made) : std::unexpected(pinned.error());
    if (maps) {
        initialise((*maps)->rows);
        if (like.empty()) return maps;
        const auto filled = translate_tables(like, made);
        if (filled) forget_traffic((*maps)->rows);
        if (filled) return maps;
        maps = std::unexpected(filled.error());
    }
    fs::remove_all(made, error);
    return maps;
}

// Large frames lie in several parts, which drivers hand to programs that say they know of it.  Not
// in generic mode: there Linux forgets how long the Ethernet header was, for the complete lane
// behind.  A fast lane that nobody wants is not loaded: the verifier takes its time for it.
void prepare_fast_lane(bpf_object* object, XdpMode mode) {
    for (const char* name : {"turnout_xdp", "turnout_xdp_way"}) {
        bpf_program* program = bpf_object__find_program_by_name(object, name);
        bpf_program__set_autoload(program, mode != XdpMode::off);
        if (mode != XdpMode::generic)
            bpf_program__set_flags(program, bpf_program__flags(program) | BPF_F_XDP_HAS_FRAGS);
    }
}

// Where the programs on interfaces go on, those of an earlier daemon as well.
Status enter_way(bpf_object* object, const char* table, const char* program) {
    const uint32_t row = 0;
    const int way = bpf_program__fd(bpf_object__find_program_by_name(object, program));
    if (way < 0) return {};  // not loaded
    if (bpf_map_update_elem(bpf_map__fd(map_of(object, table)), &row, &way, BPF_ANY) == 0)
        return {};
    return fail_errno(errno, std::string("cannot enter ") + program + ", where packets go on");
}

// A new one in place of what an earlier daemon left, whose short way passes packets on from then,
// until it is replaced.
Status replace_fast_lane(bpf_object* object, const std::string& directory) {
    const std::string pin = directory + "/" + names::fast_lane, made = pin + "_new";
    unlink(made.c_str());
    if (bpf_map__pin(map_of(object, names::fast_lane), made.c_str()) != 0)
        return fail_errno(errno, "cannot pin the fast lane's table");
    std::error_code error;
    fs::rename(made, pin, error);
    return error ? fail_errno(error.value(), "cannot replace " + pin) : Status{};
}

Status enter_ways(bpf_object* object) {
    auto ok = enter_way(object, names::lanes, "turnout_tc_way");
    return ok ? enter_way(object, names::fast_lane, "turnout_xdp_way") : ok;
}

std::string wanted_xdp(const Interface& interface, XdpMode mode) {
    if (interface.loopback) return "off";
    switch (mode) {
        case XdpMode::native:
            return "native";
        case XdpMode::generic:
            return "generic";
        case XdpMode::automatic:
            return interface.physical ? "native" : "off";
        case XdpMode::off:
            break;
    }
    return "off";
}

int silent(libbpf_print_level, const char*, va_list) {
    return 0;
}

}  // namespace

struct DataPlane::State {
    std::string directory;
    Object object;
    std::unique_ptr<Maps> maps;
    bool adopted = false;
    uint32_t lost = 0;
};

DataPlane::DataPlane(std::unique_ptr<State> state) : state_(std::move(state)) {}
DataPlane::~DataPlane() = default;

std::string pin_directory(uint64_t cookie) {
    return std::string(bpffs) + "/turnout/" + std::to_string(cookie);
}

Result<std::unique_ptr<DataPlane>> DataPlane::load(const std::string& directory, const Sizes& sizes,
                                                   XdpMode mode) {
    libbpf_set_print(silent);
    auto state = std::make_unique<State>();
    state->directory = directory;
    auto object = open_object();
    if (!object) return std::unexpected(object.error());
    state->object = std::move(*object);

    const auto found = claim_tables(directory);
    if (!found) return std::unexpected(found.error());
    state->adopted = found->own || !found->other.empty();
    if (auto ok = prepare_tables(state->object.get(), directory, *found, sizes); !ok)
        return std::unexpected(ok.error());
    prepare_fast_lane(state->object.get(), mode);
    if (bpf_object__load(state->object.get()) != 0) return std::unexpected(load_error(errno));
    if (auto ok = enter_ways(state->object.get()); !ok) return std::unexpected(ok.error());
    if (found->own)
        if (auto ok = replace_fast_lane(state->object.get(), tables_directory(directory)); !ok)
            return std::unexpected(ok.error());
    auto maps = found->own ? Maps::open(tables_directory(directory))
                           : make_tables(state->object.get(), directory, found->other);
    if (!maps) return std::unexpected(maps.error());
    state->maps = std::move(*maps);
    std::unique_ptr<DataPlane> plane(new DataPlane(std::move(state)));
    if (auto ok = plane->take_over(found->other, found->left); !ok)
        return std::unexpected(ok.error());
    return plane;
}

// `other`: tables of another version that are in force; `left`: those that an earlier daemon began
// to take over.
Status DataPlane::take_over(const std::string& other, std::string left) {
    const std::string& directory = state_->directory;
    if (!other.empty()) {
        auto renamed = put_in_force(directory, other);
        if (!renamed) return std::unexpected(renamed.error());
        left = std::move(*renamed);
    }
    if (left.empty()) return {};
    // What has moved ends in its time, should this daemon be killed.
    if (auto ok = start_sweeper(); !ok) return ok;
    const auto taken = kernel::take_over({directory, left, tables_directory(directory),
                                          *state_->maps, program("turnout_tc"),
                                          program("turnout_tc_egress"), program("turnout_xdp")});
    if (!taken) return std::unexpected(taken.error());
    state_->lost = *taken;
    std::error_code error;
    fs::remove_all(left, error);
    if (error) return fail_errno(error.value(), "cannot remove " + left);
    return {};
}

Status DataPlane::commit() {
    if (state_->adopted) return {};
    const auto done = put_in_force(state_->directory, "");
    return done ? Status{} : std::unexpected(done.error());
}

int DataPlane::program(const char* name) const {
    return bpf_program__fd(bpf_object__find_program_by_name(state_->object.get(), name));
}

int DataPlane::table(const char* name) const {
    return bpf_map__fd(map_of(state_->object.get(), name));
}

bool DataPlane::adopted() const {
    return state_->adopted;
}

uint32_t DataPlane::lost_records() const {
    return state_->lost;
}

tables::Rows& DataPlane::rows() {
    return state_->maps->rows;
}

Sizes DataPlane::sizes() const {
    const tables::Rows& rows = state_->maps->rows;
    const auto connections = static_cast<uint32_t>(rows.buckets.size()) * abi::bucket_fill;
    return {static_cast<uint32_t>(std::bit_width(connections)) - 1,
            static_cast<uint32_t>(rows.services.size()),
            static_cast<uint32_t>(rows.servers.size())};
}

Result<Lanes> DataPlane::attach(const Interface& interface, XdpMode mode) {
    if (interface.index >= abi::interface_rows)
        return fail(ENOSPC, interface.name + " has interface number " +
                                std::to_string(interface.index) + "; those below " +
                                std::to_string(abi::interface_rows) + " can be served");
    const bool was_served = rows().interfaces[interface.index].flags & abi::interface_flag::served;
    auto lanes = attach_lanes(interface, mode);
    if (!lanes && !was_served) detach(interface.index);
    return lanes;
}

Result<Lanes> DataPlane::attach_lanes(const Interface& interface, XdpMode mode) {
    abi::Interface& row = rows().interfaces[interface.index];
    abi::Interface next{};
    std::memcpy(&next.address, interface.address.data(), sizeof next.address);
    next.flags = abi::interface_flag::served;
    next.flags |= row.flags & abi::interface_flag::qdisc_is_ours;
    row = next;

    const auto made_qdisc = add_qdisc(interface.index);
    if (!made_qdisc) return std::unexpected(made_qdisc.error());
    if (*made_qdisc) row.flags |= abi::interface_flag::qdisc_is_ours;
    if (auto ok = attach_tc(interface.index, Hook::egress, program("turnout_tc_egress")); !ok)
        return std::unexpected(ok.error());
    if (auto ok = attach_tc(interface.index, Hook::ingress, program("turnout_tc")); !ok)
        return std::unexpected(ok.error());

    const std::string pin = link_pin(state_->directory, interface.index);
    const std::string xdp = wanted_xdp(interface, mode);
    if (xdp == "off") {
        detach_xdp(pin);
        return Lanes{"off", true};
    }
    const auto attached = attach_xdp(interface.index, program("turnout_xdp"), xdp, pin);
    if (!attached && mode == XdpMode::automatic) return Lanes{"off", true};
    if (!attached) return std::unexpected(attached.error());
    row.flags |= abi::interface_flag::takes_xdp_frames;
    return Lanes{xdp, true};
}

void DataPlane::detach(uint32_t index) {
    if (index >= abi::interface_rows) return;
    const uint16_t flags = rows().interfaces[index].flags;
    if (!(flags & abi::interface_flag::served)) return;
    detach_xdp(link_pin(state_->directory, index));
    detach_tc(index, flags & abi::interface_flag::qdisc_is_ours);
    rows().interfaces[index] = {};
}

void DataPlane::forget(uint32_t index) {
    if (index >= abi::interface_rows || rows().interfaces[index].flags == 0) return;
    rows().interfaces[index] = {};
    unlink(link_pin(state_->directory, index).c_str());
}

// The kernel takes a timer's memory without waiting for it, and may find none at that moment.
Status DataPlane::start_sweeper() {
    char frame[64] = {};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof frame);
    constexpr int tries = 100;
    for (int attempt = 0; attempt < tries; ++attempt) {
        if (bpf_prog_test_run_opts(program("turnout_sweep"), &options) != 0)
            return fail_errno(errno, "cannot start the sweeper");
        if (options.retval == 0) return {};
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return fail(ENOMEM, "the kernel has no memory for the sweeper's timer");
}

}  // namespace turnout::kernel
