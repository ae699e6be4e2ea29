#include "ipvs/socket_path.hpp"

namespace turnout::ipvs {

std::string socket_path(uint64_t netns_cookie) {
    return "/run/turnout/" + std::to_string(netns_cookie) + ".sock";
}

}  // namespace turnout::ipvs
