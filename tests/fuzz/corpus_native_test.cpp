// Plays captures natively: those of the corpus as a test, or one that a fuzzer found.
//
//   corpus_native_test FILE…
#include <cstdio>

#include "fuzz/play.hpp"

int main(int count, char** files) {
    const auto world = turnout::fuzz::fuzzed_world();
    for (int i = 1; i < count; ++i) {
        std::printf("%s\n", files[i]);
        const auto capture = turnout::test::read_capture(files[i]);
        if (!capture) {
            std::fprintf(stderr, "%s\n", capture.error().message.c_str());
            return 1;
        }
        turnout::fuzz::play(*world, turnout::fuzz::playable(*capture));
    }
    return 0;
}
