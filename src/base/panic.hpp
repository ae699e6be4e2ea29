// Stops the program on a broken invariant: a state that the code itself promised cannot occur.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace turnout {

[[noreturn]] inline void panic(const char* what,
                               std::source_location where = std::source_location::current()) {
    std::fprintf(stderr, "turnout: broken invariant at %s:%u: %s\n", where.file_name(),
                 static_cast<unsigned>(where.line()), what);
    std::abort();
}

inline void ensure(bool holds, const char* what,
                   std::source_location where = std::source_location::current()) {
    if (!holds) panic(what, where);
}

}  // namespace turnout
