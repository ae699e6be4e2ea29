// An array map of the kernel as memory of this process.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <span>
#include <string>
#include <utility>

#include "base/result.hpp"

namespace turnout::kernel {

template <class Row>
class MappedArray {
  public:
    // The kernel pads rows to eight bytes; ours have that size.
    static_assert(sizeof(Row) % 8 == 0);

    MappedArray() = default;
    MappedArray(MappedArray&& other) noexcept : rows_(std::exchange(other.rows_, {})) {}
    MappedArray& operator=(MappedArray&& other) noexcept {
        std::swap(rows_, other.rows_);
        return *this;
    }
    ~MappedArray() {
        if (!rows_.empty()) munmap(rows_.data(), rows_.size_bytes());
    }

    static Result<MappedArray> map(int fd, uint32_t rows, const std::string& name) {
        void* memory = mmap(nullptr, rows * sizeof(Row), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED) return fail_errno(errno, "cannot map table " + name);
        MappedArray array;
        array.rows_ = {static_cast<Row*>(memory), rows};
        return array;
    }

    std::span<Row> rows() const { return rows_; }

  private:
    std::span<Row> rows_;
};

}  // namespace turnout::kernel
