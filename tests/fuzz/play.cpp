#include "fuzz/play.hpp"

#include <algorithm>

#include "fuzz/demands.hpp"
#include "fuzz/services.hpp"

namespace turnout::fuzz {
namespace {

using test::Bytes, test::Captured, test::NativeWorld, test::Outcome;

constexpr uint32_t longest_pause_s = 86400;

enum class Lanes { both, complete_alone };

Outcome play_one(NativeWorld& world, const Bytes& frame, Lanes lanes) {
    if (lanes == Lanes::both) {
        const Ledger before(world);
        const Outcome fast = world.run_in(false, frame, 0);
        before.demand_balance(world, frame, fast);
        if (fast.verdict != Verdict::pass) return fast;
    }
    const Ledger before(world);
    const Outcome outcome = world.run_in(true, frame, mark_of(frame));
    before.demand_balance(world, frame, outcome);
    return outcome;
}

// Also what comes in once more, which goes to the complete lane alone.
std::vector<Outcome> play_all(NativeWorld& world, const test::Capture& capture, Lanes lanes) {
    world.restart();
    std::vector<Outcome> outcomes;
    for (const Captured& each : capture) {
        if (each.seconds_before) world.pass(each.seconds_before);
        outcomes.push_back(play_one(world, each.frame, lanes));
        for (const Bytes& frame : world.take_called_in())
            outcomes.push_back(play_one(world, frame, Lanes::complete_alone));
    }
    demand_true_counts(world);
    demand_an_end(world);
    return outcomes;
}

}  // namespace

test::Capture playable(test::Capture capture) {
    capture.resize(std::min(capture.size(), most_packets));
    for (Captured& each : capture) {
        each.frame.resize(std::min(each.frame.size(), longest_frame));
        each.seconds_before = std::min(each.seconds_before, longest_pause_s);
    }
    return capture;
}

std::unique_ptr<NativeWorld> fuzzed_world() {
    auto world = std::make_unique<NativeWorld>(true);
    add_services(world->fresh());
    world->restart();
    return world;
}

void play(NativeWorld& world, const test::Capture& capture) {
    const auto both = play_all(world, capture, Lanes::both);
    const auto alone = play_all(world, capture, Lanes::complete_alone);
    demand_same(both, alone);
}

}  // namespace turnout::fuzz
