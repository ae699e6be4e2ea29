#include "kernel/netns.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/fd.hpp"

namespace turnout::kernel {
namespace {

constexpr long bpf_fs_magic = 0xcafe4a11;

// The parent of a process; 0 if it cannot be told.
int parent_of(int pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string stat;
    std::getline(file, stat);
    // The name, in brackets, may hold anything; the state and the parent follow the last bracket.
    const size_t name_end = stat.rfind(')');
    int parent = 0;
    char state = 0;
    if (name_end != std::string::npos)
        std::istringstream(stat.substr(name_end + 1)) >> state >> parent;
    return parent;
}

// Process 1 first, then the ancestors of this process from the farthest to its parent.
std::vector<int> outer_processes() {
    std::vector<int> pids;
    for (int pid = parent_of(getpid()); pid > 1; pid = parent_of(pid)) pids.push_back(pid);
    pids.push_back(1);
    std::reverse(pids.begin(), pids.end());
    return pids;
}

bool is_own_mount_namespace(const Fd& other) {
    struct stat own {
    }, there{};
    return stat("/proc/self/ns/mnt", &own) == 0 && fstat(other.get(), &there) == 0 &&
           own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

}  // namespace

Status enter_outer_mount_namespace() {
    for (const int pid : outer_processes()) {
        const std::string path = "/proc/" + std::to_string(pid) + "/ns/mnt";
        const Fd outer(open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!outer) continue;
        if (is_own_mount_namespace(outer) || setns(outer.get(), CLONE_NEWNS) == 0) return {};
        return fail_errno(errno, "cannot enter the mount namespace of process " +
                                     std::to_string(pid) +
                                     ", where the data plane is pinned (as root, with "
                                     "CAP_SYS_ADMIN and CAP_SYS_CHROOT)");
    }
    return {};
}

Status ensure_bpffs(const std::string& path) {
    struct statfs info {};
    if (statfs(path.c_str(), &info) == 0 && info.f_type == bpf_fs_magic) return {};
    mkdir(path.c_str(), 0700);
    if (mount("bpf", path.c_str(), "bpf", 0, "mode=0700") != 0)
        return fail_errno(
            errno, "cannot mount a BPF file system at " + path + " (as root, with CAP_SYS_ADMIN)");
    return {};
}

Status write_sysctl(const std::string& name, const std::string& value) {
    std::string path = name;
    std::replace(path.begin(), path.end(), '.', '/');
    const Fd file(open(("/proc/sys/" + path).c_str(), O_WRONLY | O_CLOEXEC));
    if (!file) return fail_errno(errno, "cannot open sysctl " + name);
    if (write(file.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size()))
        return fail_errno(errno, "cannot set sysctl " + name + " (as root, with CAP_NET_ADMIN)");
    return {};
}

}  // namespace turnout::kernel
