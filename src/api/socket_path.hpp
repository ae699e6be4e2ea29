// Where the API of a network namespace's director listens.
#pragma once

#include <cstdint>
#include <string>

namespace turnout::api {

// "/run/turnout/<cookie>.api", the cookie (see base/netns.hpp) in decimal.
inline std::string socket_path(uint64_t netns_cookie) {
    return "/run/turnout/" + std::to_string(netns_cookie) + ".api";
}

}  // namespace turnout::api
