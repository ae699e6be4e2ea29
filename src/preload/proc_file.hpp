// The files of /proc/net/ip_vs*, as a director tells them.
#pragma once

namespace turnout::preload {

// If `path`, seen from `folder` as openat does, is such a file of this network namespace, and there
// is a director in it: a descriptor of the text, at its beginning.  -1: the kernel is to be asked.
// `flags` as of open.
int open_proc_file(int folder, const char* path, int flags);

}  // namespace turnout::preload
