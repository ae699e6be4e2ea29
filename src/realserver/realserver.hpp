// Makes this host a server of a direct-routing or tunnel service, checks that it is one, undoes it.
#pragma once

#include <string>
#include <vector>

#include "realserver/memory.hpp"
#include "realserver/plan.hpp"

namespace turnout::realserver {

// What was done, for a person: one line a change.
using Changes = std::vector<std::string>;

struct Finding {
    std::string what;
    std::string found;
    std::string wanted;
    std::string why;
    std::string cure;  // a command
    bool right = false;
};

// Either everything is as planned afterwards, or nothing has changed.  Doing it twice is harmless.
Result<Changes> set_up(const Request& request, Machine& machine, Memory& memory);

// Restores what set_up changed, unless someone changed it since or another address relies on it.
Result<Changes> undo(const model::Address& vip, Machine& machine, Memory& memory);

// Looks at everything set_up would see to; changes nothing.
Result<std::vector<Finding>> check(const Request& request, Machine& machine);

}  // namespace turnout::realserver
