#include "kernel/translate_tables.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "abi/maps.hpp"
#include "kernel/described_table.hpp"

namespace turnout::kernel {
namespace {

namespace names = abi::map;

// Tables that the old data plane does not have are as new ones are.
bool is_missing(const Error& error) {
    return error.code == ENOENT;
}

Error about(const DescribedTable& table, const Error& error) {
    return {error.code, "table " + table.name() + " cannot be taken over: " + error.message};
}

Status translate_rows(const DescribedTable& from, const DescribedTable& to,
                      const RowTranslation& value) {
    for (uint32_t row = 0; row < std::min(from.rows(), to.rows()); ++row)
        if (auto ok = value.apply(from.row(row), to.row(row)); !ok) return ok;
    return {};
}

Status translate_entries(const DescribedTable& from, const DescribedTable& to,
                         const RowTranslation& value) {
    const auto key = RowTranslation::make(from.key(), to.key());
    if (!key) return std::unexpected(key.error());
    std::vector<std::byte> old_value(from.value_size());
    for (const auto& old_key : from.keys()) {
        if (bpf_map_lookup_elem(from.fd(), old_key.data(), old_value.data()) != 0) continue;
        std::vector<std::byte> new_key(to.key_size()), new_value(to.value_size());
        if (auto ok = key->apply(old_key.data(), new_key.data()); !ok) return ok;
        if (auto ok = value.apply(old_value.data(), new_value.data()); !ok) return ok;
        if (bpf_map_update_elem(to.fd(), new_key.data(), new_value.data(), BPF_ANY) != 0)
            return fail_errno(errno, "the kernel refuses an entry");
    }
    return {};
}

// A row has a value for each CPU, in a multiple of eight bytes.
Status translate_rows_per_cpu(const DescribedTable& from, const DescribedTable& to,
                              const RowTranslation& value) {
    const auto cpus = static_cast<size_t>(libbpf_num_possible_cpus());
    const auto stride = [](const DescribedTable& table) {
        return (table.value_size() + 7) / 8 * 8;
    };
    std::vector<std::byte> old_values(cpus * stride(from)), new_values(cpus * stride(to));
    for (uint32_t row = 0; row < std::min(from.rows(), to.rows()); ++row) {
        if (bpf_map_lookup_elem(from.fd(), &row, old_values.data()) != 0) continue;
        for (size_t cpu = 0; cpu < cpus; ++cpu)
            if (auto ok = value.apply(old_values.data() + cpu * stride(from),
                                      new_values.data() + cpu * stride(to));
                !ok)
                return ok;
        if (bpf_map_update_elem(to.fd(), &row, new_values.data(), BPF_ANY) != 0)
            return fail_errno(errno, "the kernel refuses a row");
    }
    return {};
}

Status translate(const DescribedTable& from, const DescribedTable& to) {
    const auto value = RowTranslation::make(from.value(), to.value());
    if (!value) return std::unexpected(value.error());
    switch (to.kind()) {
        case BPF_MAP_TYPE_ARRAY:
            return translate_rows(from, to, *value);
        case BPF_MAP_TYPE_HASH:
            return translate_entries(from, to, *value);
        case BPF_MAP_TYPE_PERCPU_ARRAY:
            return translate_rows_per_cpu(from, to, *value);
        default:
            return {};
    }
}

// Not what is there for a moment, moves with the connections, or is made anew from the rest.
bool is_configuration(const std::string& name) {
    for (const char* other :
         {names::connections, names::counters, names::calls, names::sweeper, names::fragments,
          names::held_fragments, names::sequences, names::ftp_controls, names::candidate_groups,
          names::endings, names::lanes, names::fast_lane, names::endpoints, names::near_ends,
          names::traffic})
        if (name == other) return false;
    return true;
}

// Tables of version 11 that are members of the common row since.
struct Joined {
    const char* table;
    const char* member;
};
constexpr Joined joined[] = {
    {"to_settings", "settings"}, {"to_timeouts", "timeouts"}, {"to_interfaces", "interfaces"}};

// Its one row, or its rows, into the member, which then is an array.
Status join(const DescribedTable& from, const DescribedTable& to, const MemberPlace& member) {
    const auto array = elements_of(member.type);
    const Elements into = array ? *array : Elements{member.type, member.size, 1};
    const auto value = RowTranslation::make(from.value(), into.type);
    if (!value) return std::unexpected(value.error());
    for (uint32_t row = 0; row < std::min(from.rows(), into.count); ++row)
        if (auto ok = value->apply(from.row(row), to.row(0) + member.offset + row * into.size); !ok)
            return ok;
    return {};
}

Status join_tables(const std::string& from, const std::string& to) {
    const auto target = DescribedTable::open(to, names::common);
    if (!target) return std::unexpected(target.error());
    for (const Joined& one : joined) {
        const auto source = DescribedTable::open(from, one.table);
        if (!source && is_missing(source.error())) continue;
        if (!source) return std::unexpected(source.error());
        const auto member = member_of(target->value(), one.member);
        auto ok = member ? join(*source, *target, *member) : std::unexpected(member.error());
        if (!ok) return std::unexpected(about(*source, ok.error()));
    }
    return {};
}

// The filter's cells were two bits each, in words.
Status join_filter(const std::string& from, const std::string& to) {
    const auto source = DescribedTable::open(from, "to_filter");
    if (!source) return is_missing(source.error()) ? Status{} : std::unexpected(source.error());
    const auto target = DescribedTable::open(to, names::common);
    if (!target) return std::unexpected(target.error());
    const auto member = member_of(target->value(), "filter");
    if (!member) return std::unexpected(member.error());
    for (uint32_t cell = 0; cell < std::min(source->rows() * 32, member->size); ++cell) {
        uint64_t word = 0;
        std::memcpy(&word, source->row(cell / 32), sizeof word);
        target->row(0)[member->offset + cell] = std::byte(word >> cell % 32 * 2 & 3);
    }
    return {};
}

// Numbers of a server that stood in another of its rows in version 11.
Status move_thresholds(const std::string& from, const std::string& to) {
    const auto source = DescribedTable::open(from, names::servers);
    const auto target = DescribedTable::open(to, names::server_states);
    if (!source) return std::unexpected(source.error());
    if (!target) return std::unexpected(target.error());
    for (const char* name : {"upper_threshold", "lower_threshold"}) {
        const auto old_place = member_of(source->value(), name);
        const auto place = member_of(target->value(), name);
        if (!old_place || !place) continue;
        const auto value = RowTranslation::make(old_place->type, place->type);
        if (!value) return std::unexpected(value.error());
        for (uint32_t row = 0; row < std::min(source->rows(), target->rows()); ++row)
            if (auto ok = value->apply(source->row(row) + old_place->offset,
                                       target->row(row) + place->offset);
                !ok)
                return ok;
    }
    return {};
}

}  // namespace

Status translate_table(const std::string& from, const std::string& to, const char* name) {
    const auto source = DescribedTable::open(from, name);
    if (!source) return is_missing(source.error()) ? Status{} : std::unexpected(source.error());
    const auto target = DescribedTable::open(to, name);
    if (!target) return std::unexpected(target.error());
    if (auto ok = translate(*source, *target); !ok)
        return std::unexpected(about(*source, ok.error()));
    return {};
}

Status translate_tables(const std::string& from, const std::string& to) {
    for (const char* name : names::all)
        if (is_configuration(name))
            if (auto ok = translate_table(from, to, name); !ok) return ok;
    if (auto ok = join_tables(from, to); !ok) return ok;
    if (auto ok = join_filter(from, to); !ok) return ok;
    return move_thresholds(from, to);
}

}  // namespace turnout::kernel
