#include "kernel/netns.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/fd.hpp"

namespace turnout::kernel {
namespace {

constexpr long bpf_fs_magic = 0xcafe4a11;

std::string link_target(const char* path) {
    char target[64] = {};
    const ssize_t length = readlink(path, target, sizeof target - 1);
    return length > 0 ? std::string(target, static_cast<size_t>(length)) : std::string();
}

}  // namespace

Status enter_first_mount_namespace() {
    if (link_target("/proc/self/ns/mnt") == link_target("/proc/1/ns/mnt")) return {};
    const Fd first(open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC));
    if (!first) return fail_errno(errno, "cannot open the mount namespace of process 1");
    if (setns(first.get(), CLONE_NEWNS) != 0)
        return fail_errno(errno, "cannot enter the mount namespace of process 1");
    return {};
}

Status ensure_bpffs(const std::string& path) {
    struct statfs info {};
    if (statfs(path.c_str(), &info) == 0 && info.f_type == bpf_fs_magic) return {};
    mkdir(path.c_str(), 0700);
    if (mount("bpf", path.c_str(), "bpf", 0, "mode=0700") != 0)
        return fail_errno(errno, "cannot mount a BPF file system at " + path);
    return {};
}

Status write_sysctl(const std::string& name, const std::string& value) {
    std::string path = name;
    std::replace(path.begin(), path.end(), '.', '/');
    const Fd file(open(("/proc/sys/" + path).c_str(), O_WRONLY | O_CLOEXEC));
    if (!file) return fail_errno(errno, "cannot open sysctl " + name);
    if (write(file.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size()))
        return fail_errno(errno, "cannot set sysctl " + name);
    return {};
}

}  // namespace turnout::kernel
