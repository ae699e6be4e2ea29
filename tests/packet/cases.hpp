// The table of packet cases: configuration, packets in, what must come out.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "abi/drop.hpp"
#include "model/change.hpp"
#include "packet/packet.hpp"
#include "path/env.hpp"

namespace turnout::test {

struct Step {
    Bytes in;
    Verdict verdict;
    std::optional<Bytes> out = {};  // when transmitted; Ethernet header included
    // What the fast lane does, where it leaves the packet to the complete one.
    std::optional<Verdict> fast = {};
};

struct Case {
    std::string name;
    std::vector<model::Change> changes;
    std::vector<Step> steps;
    abi::Drop drop = abi::Drop::none;       // the reason that the last step is counted under
    std::vector<model::Change> later = {};  // changes between the first step and the second
};

const std::vector<Case>& packet_cases();

}  // namespace turnout::test
