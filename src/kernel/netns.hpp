// Where this process stands: its mount and network namespaces.
#pragma once

#include <string>

#include "base/result.hpp"

namespace turnout::kernel {

// Enters the mount namespace of process 1, or where that is out of reach (a hardened container) of
// the farthest ancestor of this process.  `ip netns exec` gives its command a mount namespace of
// its own, which dies with it, and with it every pin that was made there; the data plane must
// outlive the daemon.  To be called before any thread is started.
Status enter_outer_mount_namespace();

// Makes sure that a BPF file system is mounted at `path`.
Status ensure_bpffs(const std::string& path);

// Writes one value to a file of /proc/sys/net of the current network namespace.
Status write_sysctl(const std::string& name, const std::string& value);

}  // namespace turnout::kernel
