// What must hold, whatever comes in.
#pragma once

#include "packet/native_world.hpp"

namespace turnout::fuzz {

// What has been counted so far.
class Ledger {
  public:
    explicit Ledger(test::NativeWorld& world);
    // After one more packet: a frame that passes is as it was; what was dropped is counted under
    // one reason; what was sent is counted for its server, or else is an error of the director's
    // own; and it is sound if the packet was.
    void demand_balance(test::NativeWorld& world, const test::Bytes& in,
                        const test::Outcome& outcome) const;

  private:
    uint64_t packets_ = 0, drops_ = 0;
};

// Both gave the same verdicts and frames.
void demand_same(const std::vector<test::Outcome>& one, const std::vector<test::Outcome>& other);

// Servers have as many connections and templates as the connection table, and templates as many
// connections as name them.
void demand_true_counts(test::NativeWorld& world);

// When all time has passed nothing is left, neither in the table nor in a count.
void demand_an_end(test::NativeWorld& world);

}  // namespace turnout::fuzz
