// Timeouts as people set them, by the name of a connection's state.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace turnout::model {

// Seconds by state; states are named as `turnout settings` lists them ("established").
using StateTimeouts = std::map<std::string, uint32_t>;

// A year: what no idle connection needs, and every clock here can tell.
inline constexpr uint32_t longest_timeout_s = 365 * 86400;

}  // namespace turnout::model
