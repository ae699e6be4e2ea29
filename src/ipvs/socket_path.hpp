// Where the director of a network namespace listens.
#pragma once

#include <cstdint>
#include <string>

namespace turnout::ipvs {

// "/run/turnout/<cookie>.sock", the cookie (see base/netns.hpp) in decimal.
std::string socket_path(uint64_t netns_cookie);

}  // namespace turnout::ipvs
