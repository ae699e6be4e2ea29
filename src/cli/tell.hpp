// How a subcommand that failed says so.
#pragma once

#include <cstdio>

#include "base/result.hpp"

namespace turnout::cli {

// The exit status of a subcommand: its own, or `failed` when it could not do its work.
inline int told(const char* command, const Result<int>& done, int failed = 1) {
    if (done) return *done;
    std::fprintf(stderr, "turnout %s: %s\n", command, done.error().message.c_str());
    return failed;
}

}  // namespace turnout::cli
