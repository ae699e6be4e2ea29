// Every loaded program and table carries its debug information in the kernel.
//
// libbpf loads without when the kernel refuses it, and says nothing: then tables cannot hold a
// timer, and nobody who looks at them with the kernel's tools sees more than bytes.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/fd.hpp"
#include "kernel/data_plane.hpp"
#include "kernel/netns.hpp"

namespace turnout::test {
namespace {

template <class Info>
Info info_of(int fd) {
    Info info{};
    uint32_t size = sizeof info;
    EXPECT_EQ(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
    return info;
}

class Loaded : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        pins_ = std::string(kernel::bpffs) + "/turnout/test-" + std::to_string(getpid()) + "-btf";
        ASSERT_TRUE(kernel::ensure_bpffs(kernel::bpffs)) << "this test needs root";
        auto plane =
            kernel::DataPlane::load(pins_, {.connection_bits = 10, .services = 64, .servers = 64});
        ASSERT_TRUE(plane) << plane.error().message;
        plane_ = std::move(*plane);
    }
    static void TearDownTestSuite() {
        plane_.reset();
        (void)kernel::remove_data_plane(pins_);
    }

    static inline std::string pins_;
    static inline std::unique_ptr<kernel::DataPlane> plane_;
};

TEST_F(Loaded, ProgramsHaveDebugInformation) {
    for (const char* name : {"turnout_xdp", "turnout_tc", "turnout_tc_egress", "turnout_sweep"}) {
        const auto info = info_of<bpf_prog_info>(plane_->program(name));
        EXPECT_NE(info.btf_id, 0u) << name;
        EXPECT_GT(info.nr_func_info, 0u) << name;
        EXPECT_GT(info.nr_line_info, 0u) << name;
    }
}

// clang 14 forgets what is stored right before a structure is copied from a constant in memory.
TEST_F(Loaded, ProgramsHaveNoConstantsInMemory) {
    EXPECT_GE(plane_->table("to_plans"), 0);
    EXPECT_LT(plane_->table(".rodata"), 0);
}

TEST_F(Loaded, TablesHaveDebugInformation) {
    size_t tables = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(pins_)) {
        if (entry.is_directory()) continue;
        const Fd table(bpf_obj_get(entry.path().c_str()));
        const auto info = info_of<bpf_map_info>(table.get());
        // Programs are no rows, and a ring has none.
        if (info.type == BPF_MAP_TYPE_PROG_ARRAY || info.type == BPF_MAP_TYPE_RINGBUF) continue;
        EXPECT_NE(info.btf_id, 0u) << entry.path();
        EXPECT_NE(info.btf_value_type_id, 0u) << entry.path();
        ++tables;
    }
    EXPECT_GE(tables, 18u);
}

}  // namespace
}  // namespace turnout::test
