#include "kernel/old_records.hpp"

#include <bpf/bpf.h>

#include <cerrno>

#include "abi/maps.hpp"

namespace turnout::kernel {
namespace {

namespace names = abi::map;

Result<RowType> line_type(const DescribedTable& table) {
    const auto lines = member_of(table.value(), "connection");
    if (!lines) return std::unexpected(lines.error());
    const auto elements = elements_of(lines->type);
    if (!elements) return std::unexpected(elements.error());
    return elements->type;
}

}  // namespace

Result<OldTable> OldTable::open(const std::string& from, const std::string& to) {
    auto old_table = DescribedTable::open(from, names::connections);
    if (!old_table) return std::unexpected(old_table.error());
    const auto new_table = DescribedTable::open(to, names::connections);
    if (!new_table) return std::unexpected(new_table.error());
    const auto old_line = line_type(*old_table), new_line = line_type(*new_table);
    if (!old_line) return std::unexpected(old_line.error());
    if (!new_line) return std::unexpected(new_line.error());
    auto translation = RowTranslation::make(*old_line, *new_line);
    if (!translation) return std::unexpected(translation.error());
    OldTable made(std::move(*old_table), std::move(*translation));
    if (auto ok = made.learn(); !ok) return std::unexpected(ok.error());
    return made;
}

Status OldTable::learn() {
    const auto header = member_of(table_.value(), "header");
    const auto lines = member_of(table_.value(), "connection");
    if (!header) return std::unexpected(header.error());
    if (!lines) return std::unexpected(lines.error());
    const auto word = member_of(header->type, "word");
    const auto elements = elements_of(lines->type);
    if (!word) return std::unexpected(word.error());
    if (!elements) return std::unexpected(elements.error());
    const auto status = member_of(elements->type, "status");
    if (!status) return std::unexpected(status.error());
    header_ = header->offset + word->offset;
    records_ = lines->offset;
    lines_ = *elements;
    status_ = status->offset;
    return {};
}

Result<std::optional<OldNotes>> OldNotes::open(const std::string& from, const std::string& to,
                                               const char* name) {
    auto source = DescribedTable::open(from, name);
    if (!source && source.error().code == ENOENT) return std::nullopt;
    if (!source) return std::unexpected(source.error());
    auto target = DescribedTable::open(to, name);
    if (!target) return std::unexpected(target.error());
    auto value = RowTranslation::make(source->value(), target->value());
    if (!value) return std::unexpected(value.error());
    return OldNotes(std::move(*source), std::move(*target), std::move(*value));
}

void OldNotes::copy(Location old_location, Location new_location) const {
    std::vector<std::byte> before(from_.value_size()), after(to_.value_size());
    if (bpf_map_lookup_elem(from_.fd(), &old_location, before.data()) != 0) return;
    if (!value_.apply(before.data(), after.data())) return;
    bpf_map_update_elem(to_.fd(), &new_location, after.data(), BPF_ANY);
}

}  // namespace turnout::kernel
