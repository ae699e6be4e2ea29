// A director's refusal in ipvsadm's words.
#pragma once

#include <string>

#include "base/result.hpp"
#include "cli/ipvsadm/grammar.hpp"

namespace turnout::ipvsadm {

std::string refusal(Command command, const Error& error);

}  // namespace turnout::ipvsadm
