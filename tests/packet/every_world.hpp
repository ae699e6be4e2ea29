// The worlds of a test program that is built twice: natively, and as TURNOUT_KERNEL_WORLDS.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "packet/world.hpp"

namespace turnout::test {

// Ends the program where there is none.
inline std::unique_ptr<World> make_world(bool complete) {
#ifdef TURNOUT_KERNEL_WORLDS
    auto made = kernel_world(complete);
    if (made) return std::move(*made);
    std::fprintf(stderr, "%s\n", made.error().message.c_str());
    std::exit(1);
#else
    return native_world(complete);
#endif
}

// Made once: loading the kernel's takes the verifier's time.
inline World& every_world(bool complete) {
    static std::unique_ptr<World> worlds[2];
    auto& place = worlds[complete ? 1 : 0];
    if (!place) place = make_world(complete);
    return *place;
}

}  // namespace turnout::test
