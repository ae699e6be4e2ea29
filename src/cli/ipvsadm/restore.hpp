// Rules as `ipvsadm -S` writes them, done one after another.
//
// A change that is refused does not stop the next, nor does an unknown word; other mistakes do, and
// a list of what there is not.  Changes are not waited for one by one, but whatever is told to
// people is told in the order of the rules, and a rule is done before the next one is waited for.
#pragma once

#include <functional>

#include "cli/ipvsadm/command_line.hpp"
#include "cli/ipvsadm/lines.hpp"
#include "ipvs/client.hpp"

namespace turnout::ipvsadm {

// `list` does a rule that changes nothing, and gives its exit status.  The status of the last rule.
int restore(ipvs::Client& client, Lines& rules, const std::function<int(const CommandLine&)>& list);

// Says it to whom it is for; the exit status.
int say(const Goodbye& goodbye);

}  // namespace turnout::ipvsadm
