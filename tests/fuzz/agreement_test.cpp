// Plays captures through the programs in the kernel and through the native pipeline: what one does
// with a packet, the other must do, to the last byte.
//
//   agreement_test FILE…
#include <cstdio>

#include "fuzz/play.hpp"
#include "fuzz/services.hpp"

namespace turnout::fuzz {
namespace {

using test::Bytes, test::Outcome, test::World;

// Where the two may differ: here, and nowhere else.
//
// The clock of the kernel cannot be moved: pauses are not played, and every next hop is fresh.
// Fragments that come in once more are not seen there, nor pieces of a packet but the last.

// BPF_PROG_TEST_RUN takes no frame without a whole IP header behind the Ethernet header.
bool can_be_run(const Bytes& frame) {
    return frame.size() >= 14 + 40;
}

// What an outcome is to the comparison.  Of an Ethernet header that the kernel is left to write
// nothing can be seen, and what is drawn at random is not the same twice.
Bytes comparable(const Outcome& outcome, bool complete) {
    Bytes frame = outcome.frame;
    if (outcome.verdict != Verdict::transmit) return frame;
    test::forget_identification(frame);
    if (complete) std::fill_n(frame.begin(), 14, uint8_t{0});
    return frame;
}

bool agree(const Outcome& kernel, const Outcome& native, bool complete) {
    if (kernel.verdict != native.verdict) return false;
    // Nobody sees what is dropped.
    return kernel.verdict == Verdict::drop ||
           comparable(kernel, complete) == comparable(native, complete);
}

void tell(const char* who, const Outcome& outcome) {
    const char* verdicts[] = {"pass", "drop", "transmit"};
    std::printf("  %s: %s, %s\n", who, verdicts[static_cast<int>(outcome.verdict)],
                test::describe(outcome.frame).c_str());
}

class Comparison {
  public:
    Comparison(World& kernel, test::NativeWorld& native) : kernel_(kernel), native_(native) {}

    // As fuzz::play() does: in both lanes, or in the complete one alone.
    bool holds(const test::Capture& capture, bool both_lanes) {
        add_services(kernel_.fresh());
        native_.restart();
        size_t number = 0;
        for (const test::Captured& each : capture) {
            ++number;
            if (!can_be_run(each.frame)) continue;
            if (both_lanes && !runs_alike(number, each.frame, false)) return false;
            if (both_lanes && native_outcome_.verdict != Verdict::pass) continue;
            if (!runs_alike(number, each.frame, true)) return false;
        }
        return true;
    }

  private:
    bool runs_alike(size_t number, const Bytes& frame, bool complete) {
        native_.warm();
        native_outcome_ = native_.run_in(complete, frame, mark_of(frame));
        kernel_.warm();
        const Outcome outcome = kernel_.run_in(complete, frame, mark_of(frame));
        if (agree(outcome, native_outcome_, complete)) return true;
        std::printf("packet %zu, %s lane: %s\n", number, complete ? "complete" : "fast",
                    test::describe(frame).c_str());
        tell("kernel", outcome);
        tell("native", native_outcome_);
        return false;
    }

    World& kernel_;
    test::NativeWorld& native_;
    Outcome native_outcome_;
};

int play_files(int count, char** files) {
    // Made for the fast lane, in which next hops are to be fresh.
    const auto kernel = test::kernel_world(false);
    if (!kernel) {
        std::printf("%s\n", kernel.error().message.c_str());
        return 1;
    }
    const auto native = fuzzed_world();
    Comparison comparison(**kernel, *native);
    int disagreements = 0;
    for (int i = 1; i < count; ++i) {
        const auto capture = test::read_capture(files[i]);
        const bool alike = capture && comparison.holds(playable(*capture), true) &&
                           comparison.holds(playable(*capture), false);
        if (!alike) std::printf("in %s\n", files[i]);
        disagreements += !alike;
    }
    std::printf("%d captures, %d disagreements\n", count - 1, disagreements);
    return disagreements != 0;
}

}  // namespace
}  // namespace turnout::fuzz

int main(int count, char** files) {
    return turnout::fuzz::play_files(count, files);
}
