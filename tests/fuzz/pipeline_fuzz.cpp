// The fuzzer: an input is a capture, played on a director with services of every kind.
#include "fuzz/play.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const auto world = turnout::fuzz::fuzzed_world();
    turnout::fuzz::play(*world, turnout::fuzz::playable(turnout::test::from_pcap({data, size})));
    return 0;
}
