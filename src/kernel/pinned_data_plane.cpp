// A data plane as it is pinned: looked at and removed, whether a daemon runs or not.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "abi/drop.hpp"
#include "abi/maps.hpp"
#include "kernel/data_plane.hpp"
#include "kernel/described_table.hpp"
#include "kernel/lanes.hpp"
#include "kernel/maps.hpp"
#include "kernel/pins.hpp"

namespace turnout::kernel {
namespace {

namespace fs = std::filesystem;

// libbpf tells people what is told by our own errors.
void be_silent() {
    libbpf_set_print([](libbpf_print_level, const char*, va_list) { return 0; });
}

// Where interfaces are told of by the tables that are there, of whatever version.
Result<DescribedTable> common_row(const std::string& directory) {
    const PinnedTables found = find_tables(directory);
    std::string tables = found.own ? tables_directory(directory) : found.other;
    if (tables.empty()) tables = found.left;
    return DescribedTable::open(tables, abi::map::common);
}

// Whether the qdisc was made for us; where nobody can tell, it stays.
bool made_qdisc(const DescribedTable& common, uint32_t index) {
    const auto interfaces = member_of(common.value(), "interfaces");
    const auto rows =
        interfaces ? elements_of(interfaces->type) : std::unexpected(interfaces.error());
    const auto place = rows ? member_of(rows->type, "flags") : std::unexpected(rows.error());
    uint16_t flags = 0;
    if (!place || index >= rows->count || place->size != sizeof flags) return false;
    std::memcpy(&flags, common.row(0) + interfaces->offset + index * rows->size + place->offset,
                sizeof flags);
    return flags & abi::interface_flag::qdisc_is_ours;
}

}  // namespace

struct PinnedDataPlane::State {
    std::string directory;
    std::unique_ptr<Maps> maps;
};

PinnedDataPlane::PinnedDataPlane(std::unique_ptr<State> state) : state_(std::move(state)) {}
PinnedDataPlane::~PinnedDataPlane() = default;

Result<std::unique_ptr<PinnedDataPlane>> PinnedDataPlane::open(const std::string& directory) {
    be_silent();
    const PinnedTables found = find_tables(directory);
    const std::string& foreign = found.other.empty() ? found.left : found.other;
    if (!found.own && !foreign.empty())
        return fail(
            EEXIST,
            "the data plane in this network namespace is of another version (" +
                fs::path(foreign).filename().string() +
                "); it goes on forwarding, and a turnoutd of this version takes it over when it "
                "starts");
    if (!found.own) return fail(ENOENT, "no data plane in this network namespace; start turnoutd");
    auto maps = Maps::open(tables_directory(directory));
    if (!maps) return std::unexpected(maps.error());
    auto state = std::make_unique<State>(State{directory, std::move(*maps)});
    return std::unique_ptr<PinnedDataPlane>(new PinnedDataPlane(std::move(state)));
}

tables::Rows& PinnedDataPlane::rows() {
    return state_->maps->rows;
}

std::vector<uint64_t> PinnedDataPlane::drops() const {
    std::vector<uint64_t> per_cpu(static_cast<size_t>(libbpf_num_possible_cpus()));
    std::vector<uint64_t> sums(abi::drop_rows);
    for (uint32_t reason = 0; reason < abi::drop_rows; ++reason) {
        if (bpf_map_lookup_elem(state_->maps->drops.get(), &reason, per_cpu.data()) != 0) continue;
        for (const uint64_t count : per_cpu) sums[reason] += count;
    }
    return sums;
}

std::map<uint32_t, Lanes> PinnedDataPlane::lanes() const {
    std::map<uint32_t, Lanes> lanes;
    const auto interfaces = state_->maps->rows.interfaces;
    for (uint32_t index = 0; index < interfaces.size(); ++index) {
        if (!(interfaces[index].flags & abi::interface_flag::served)) continue;
        lanes[index] = {xdp_mode_of(index, link_pin(state_->directory, index)), has_tc(index)};
    }
    return lanes;
}

Result<bool> remove_data_plane(const std::string& directory) {
    if (!fs::exists(directory)) return false;
    be_silent();
    const auto interfaces = list_interfaces();
    if (!interfaces) return std::unexpected(interfaces.error());
    const auto common = common_row(directory);
    for (const Interface& interface : *interfaces) {
        detach_xdp(link_pin(directory, interface.index));
        if (has_tc(interface.index))
            detach_tc(interface.index, common && made_qdisc(*common, interface.index));
    }
    std::error_code error;
    fs::remove_all(directory, error);
    if (error) return fail_errno(error.value(), "cannot remove " + directory);
    return true;
}

}  // namespace turnout::kernel
