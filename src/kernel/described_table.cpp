#include "kernel/described_table.hpp"

#include <bpf/bpf.h>
#include <sys/mman.h>

#include <cerrno>
#include <utility>

namespace turnout::kernel {
namespace {

// A section of one variable is described as such: then the variable's type is the row's.
uint32_t type_of_value(const btf& types, uint32_t id) {
    const btf_type* type = btf__type_by_id(&types, id);
    if (!type || !btf_is_datasec(type) || btf_vlen(type) != 1) return id;
    return btf__type_by_id(&types, btf_var_secinfos(type)->type)->type;
}

}  // namespace

DescribedTable::DescribedTable(DescribedTable&& other) noexcept
    : name_(std::move(other.name_)),
      fd_(std::move(other.fd_)),
      types_(std::move(other.types_)),
      kind_(other.kind_),
      rows_(other.rows_),
      key_type_(other.key_type_),
      value_type_(other.value_type_),
      key_size_(other.key_size_),
      value_size_(other.value_size_),
      stride_(other.stride_),
      memory_(std::exchange(other.memory_, {})) {}

DescribedTable::~DescribedTable() {
    if (!memory_.empty()) munmap(memory_.data(), memory_.size());
}

Result<DescribedTable> DescribedTable::open(const std::string& directory, const char* name) {
    DescribedTable table;
    table.name_ = name;
    table.fd_ = Fd(bpf_obj_get((directory + '/' + name).c_str()));
    if (!table.fd_) return fail_errno(errno, "cannot open table " + std::string(name));
    if (auto ok = table.describe(); !ok) return std::unexpected(ok.error());
    if (auto ok = table.map_rows(); !ok) return std::unexpected(ok.error());
    return table;
}

Status DescribedTable::describe() {
    bpf_map_info info{};
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(fd_.get(), &info, &size) != 0)
        return fail_errno(errno, "cannot ask for table " + name_);
    types_.reset(btf__load_from_kernel_by_id(info.btf_id));
    if (!types_) return fail_errno(errno, "the kernel has no description of table " + name_);
    kind_ = info.type;
    rows_ = info.max_entries;
    key_type_ = info.btf_key_type_id;
    value_type_ = type_of_value(*types_, info.btf_value_type_id);
    key_size_ = info.key_size;
    value_size_ = info.value_size;
    return {};
}

// The kernel pads rows of arrays to eight bytes.
Status DescribedTable::map_rows() {
    if (kind_ != BPF_MAP_TYPE_ARRAY) return {};
    stride_ = (size_t{value_size_} + 7) / 8 * 8;
    const size_t bytes = stride_ * rows_;
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    if (memory == MAP_FAILED) return fail_errno(errno, "cannot map table " + name_);
    memory_ = {static_cast<std::byte*>(memory), bytes};
    return {};
}

std::vector<std::vector<std::byte>> DescribedTable::keys() const {
    std::vector<std::vector<std::byte>> keys;
    std::vector<std::byte> key(key_size_);
    const void* before = nullptr;
    while (bpf_map_get_next_key(fd_.get(), before, key.data()) == 0) {
        keys.push_back(key);
        before = keys.back().data();
    }
    return keys;
}

}  // namespace turnout::kernel
