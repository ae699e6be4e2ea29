// A pinned table as whatever its debug information says that it is: rows as bytes, with their
// types.
//
// So are the tables of another layout read, whose rows this program has no types for.
#pragma once

#include <bpf/btf.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "kernel/row_translation.hpp"

namespace turnout::kernel {

class DescribedTable {
  public:
    // ENOENT when there is none of that name.
    static Result<DescribedTable> open(const std::string& directory, const char* name);
    DescribedTable(DescribedTable&& other) noexcept;
    DescribedTable& operator=(DescribedTable&&) = delete;
    ~DescribedTable();

    const std::string& name() const { return name_; }
    // A kernel's BPF_MAP_TYPE_*.
    uint32_t kind() const { return kind_; }
    uint32_t rows() const { return rows_; }
    int fd() const { return fd_.get(); }
    RowType key() const { return {types_.get(), key_type_}; }
    RowType value() const { return {types_.get(), value_type_}; }
    uint32_t key_size() const { return key_size_; }
    uint32_t value_size() const { return value_size_; }
    // Of an array, in shared memory with the data plane.
    std::byte* row(uint32_t index) const { return memory_.data() + size_t{index} * stride_; }
    // Every key of a hash, taken down before the first visit.
    std::vector<std::vector<std::byte>> keys() const;

  private:
    DescribedTable() = default;
    Status describe();
    Status map_rows();

    struct Free {
        void operator()(btf* types) const { btf__free(types); }
    };
    std::string name_;
    Fd fd_;
    std::unique_ptr<btf, Free> types_;
    uint32_t kind_ = 0, rows_ = 0, key_type_ = 0, value_type_ = 0, key_size_ = 0, value_size_ = 0;
    size_t stride_ = 0;
    std::span<std::byte> memory_;
};

}  // namespace turnout::kernel
