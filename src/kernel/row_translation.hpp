// From a row of one layout to a row of another, by the names of their members.
//
// The kernel keeps the debug information (BTF) that a table was made with.  Members of the same
// name are copied, whatever their places and sizes; those that only the new layout has are left as
// they are, those that only the old one has are dropped.  So no old layout is kept in the source,
// and it does not matter which of the two is older.  What names mean must stay: values of enums and
// bits of flags are only ever added.
#pragma once

#include <bpf/btf.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace turnout::kernel {

// A type and where it is described; the description outlives the users of this.
struct RowType {
    const btf* types = nullptr;
    uint32_t id = 0;
};

// Where a member lies in a row.
struct MemberPlace {
    RowType type;
    uint32_t offset = 0;  // bytes
    uint32_t size = 0;
};

// The member of that name, also of a union without a name; ENOENT when there is none.
Result<MemberPlace> member_of(const RowType& row, const std::string& name);
// What an array holds, and how many of it; EINVAL for anything else.
struct Elements {
    RowType type;
    uint32_t size = 0;  // bytes each
    uint32_t count = 0;
};
Result<Elements> elements_of(const RowType& array);

class RowTranslation {
  public:
    // Error: members of the same name that have nothing in common; it names them.
    static Result<RowTranslation> make(const RowType& from, const RowType& to);

    // Both in native byte order, of the sizes of their types.  ERANGE: a number does not fit, and
    // the message names the member; what was copied before it stays.
    Status apply(const void* from, void* to) const;

  private:
    struct Copy {
        uint32_t from, from_size, to, to_size;  // equal sizes: bytes; else a number of 1 to 8 bytes
        bool is_signed;
        std::string name;
    };
    struct Pair {
        MemberPlace from, to;
        std::string name;
    };
    Status add(const Pair& pair);
    Status add_members(const Pair& pair);
    Status add_elements(const Pair& pair);
    void add_number(const Pair& pair, bool is_signed);
    static Status convert(const Copy& copy, const void* from, void* to);

    std::vector<Copy> copies_;
};

}  // namespace turnout::kernel
