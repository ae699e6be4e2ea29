#include "kernel/row_translation.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace turnout::kernel {
namespace {

// What fills rows up means nothing.
constexpr char padding[] = "pad_";

// Without typedefs, const and volatile.
RowType plain(const btf* types, uint32_t id) {
    const int resolved = btf__resolve_type(types, id);
    return {types, resolved > 0 ? static_cast<uint32_t>(resolved) : id};
}

const btf_type* described(const RowType& type) {
    return btf__type_by_id(type.types, type.id);
}

uint32_t size_of(const RowType& type) {
    const int64_t size = btf__resolve_size(type.types, type.id);
    return size > 0 ? static_cast<uint32_t>(size) : 0;
}

bool is_number(const btf_type* type) {
    return btf_is_int(type) || btf_is_any_enum(type);
}

bool is_signed(const btf_type* type) {
    return btf_is_int(type) ? btf_int_encoding(type) & BTF_INT_SIGNED : btf_kflag(type);
}

struct Member {
    std::string name;
    MemberPlace place;
};

// Members of unnamed unions and structs count as the row's own.
void list_members(const RowType& row, uint32_t base, std::vector<Member>& members) {
    const btf_type* type = described(row);
    for (uint16_t i = 0; i < btf_vlen(type); ++i) {
        const btf_member& member = btf_members(type)[i];
        const std::string name = btf__name_by_offset(row.types, member.name_off);
        const RowType of = plain(row.types, member.type);
        const uint32_t offset = base + btf_member_bit_offset(type, i) / 8;
        if (name.empty() && btf_is_composite(described(of)))
            list_members(of, offset, members);
        else
            members.push_back({name, {of, offset, size_of(of)}});
    }
}

std::vector<Member> members_of(const RowType& row) {
    std::vector<Member> members;
    list_members(row, 0, members);
    return members;
}

// A number of up to eight bytes, with its sign where it has one.
uint64_t load(const void* at, uint32_t size, bool with_sign) {
    uint64_t value = 0;
    std::memcpy(&value, at, size);
    const uint32_t unused = 64 - 8 * size;
    if (!with_sign) return value;
    return static_cast<uint64_t>(static_cast<int64_t>(value << unused) >> unused);
}

}  // namespace

Result<MemberPlace> member_of(const RowType& row, const std::string& name) {
    const RowType resolved = plain(row.types, row.id);
    if (btf_is_composite(described(resolved)))
        for (const Member& member : members_of(resolved))
            if (member.name == name) return member.place;
    return fail(ENOENT, "a row has no member " + name);
}

Result<Elements> elements_of(const RowType& array) {
    const RowType resolved = plain(array.types, array.id);
    const btf_type* type = described(resolved);
    if (!btf_is_array(type)) return fail(EINVAL, "a member of a row is no array");
    const RowType element = plain(resolved.types, btf_array(type)->type);
    return Elements{element, size_of(element), btf_array(type)->nelems};
}

Result<RowTranslation> RowTranslation::make(const RowType& from, const RowType& to) {
    RowTranslation made;
    const RowType a = plain(from.types, from.id), b = plain(to.types, to.id);
    if (!described(a) || !described(b)) return fail(EINVAL, "rows have no description");
    if (auto ok = made.add({{a, 0, size_of(a)}, {b, 0, size_of(b)}, ""}); !ok)
        return std::unexpected(ok.error());
    return made;
}

Status RowTranslation::add(const Pair& pair) {
    const btf_type* from = described(pair.from.type);
    const btf_type* to = described(pair.to.type);
    if (btf_is_composite(from) && btf_is_composite(to)) return add_members(pair);
    if (btf_is_array(from) && btf_is_array(to)) return add_elements(pair);
    if (!is_number(from) || !is_number(to))
        return fail(EINVAL, "member " + pair.name + " has become something else");
    add_number(pair, is_signed(from));
    return {};
}

Status RowTranslation::add_members(const Pair& pair) {
    const std::vector<Member> sources = members_of(pair.from.type);
    for (const Member& member : members_of(pair.to.type)) {
        const auto source = std::ranges::find(sources, member.name, &Member::name);
        if (source == sources.end() || member.name == padding) continue;
        Pair inner{source->place, member.place, pair.name + '.' + member.name};
        inner.from.offset += pair.from.offset;
        inner.to.offset += pair.to.offset;
        if (auto ok = add(inner); !ok) return ok;
    }
    return {};
}

// As many as both have.
Status RowTranslation::add_elements(const Pair& pair) {
    const auto from = elements_of(pair.from.type), to = elements_of(pair.to.type);
    if (!from || !to) return fail(EINVAL, "member " + pair.name + " is no array");
    for (uint32_t i = 0; i < std::min(from->count, to->count); ++i) {
        const Pair inner{{from->type, pair.from.offset + i * from->size, from->size},
                         {to->type, pair.to.offset + i * to->size, to->size},
                         pair.name + '[' + std::to_string(i) + ']'};
        if (auto ok = add(inner); !ok) return ok;
    }
    return {};
}

// What lies side by side in both rows is copied at once.
void RowTranslation::add_number(const Pair& pair, bool with_sign) {
    const auto& [from, to, name] = pair;
    const bool same_size = from.size == to.size;
    if (same_size && !copies_.empty()) {
        Copy& last = copies_.back();
        const bool behind = last.from_size == last.to_size &&
                            last.from + last.from_size == from.offset &&
                            last.to + last.to_size == to.offset;
        if (behind) {
            last.from_size += from.size;
            last.to_size += to.size;
            return;
        }
    }
    copies_.push_back({from.offset, from.size, to.offset, to.size, with_sign, name});
}

Status RowTranslation::apply(const void* from, void* to) const {
    for (const Copy& copy : copies_) {
        const void* source = static_cast<const char*>(from) + copy.from;
        void* target = static_cast<char*>(to) + copy.to;
        if (copy.from_size == copy.to_size)
            std::memcpy(target, source, copy.to_size);
        else if (auto ok = convert(copy, source, target); !ok)
            return ok;
    }
    return {};
}

Status RowTranslation::convert(const Copy& copy, const void* from, void* to) {
    const uint64_t value = load(from, copy.from_size, copy.is_signed);
    if (copy.to_size < copy.from_size) {
        uint64_t kept = 0;
        std::memcpy(&kept, &value, copy.to_size);
        if (load(&kept, copy.to_size, copy.is_signed) != value)
            return fail(ERANGE, "the number in member " + copy.name + " does not fit any more");
    }
    std::memcpy(to, &value, copy.to_size);
    return {};
}

}  // namespace turnout::kernel
