// Plays captures on the fuzzed director, natively, and demands what must hold whatever comes in.
//
// What does not hold ends the program.
#pragma once

#include "packet/capture.hpp"
#include "packet/native_world.hpp"

namespace turnout::fuzz {

// More than that of a capture is not played.
inline constexpr size_t most_packets = 64;
// Larger frames do not fit into the page that BPF_PROG_TEST_RUN has for XDP.
inline constexpr size_t longest_frame = 3000;

// The packets of a capture that are played.
test::Capture playable(test::Capture capture);

// A world for play(): the fuzzed director before the first packet.
std::unique_ptr<test::NativeWorld> fuzzed_world();

// In both lanes, as packets come to a running director: to the fast one, and what that passes on to
// the complete one; then in the complete lane alone, which must do the same.
void play(test::NativeWorld& world, const test::Capture& capture);

}  // namespace turnout::fuzz
