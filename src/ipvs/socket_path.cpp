#include "ipvs/socket_path.hpp"

#include "ipvs/protocol.hpp"

namespace turnout::ipvs {

std::string socket_path(uint64_t netns_cookie) {
    return socket_folder + std::to_string(netns_cookie) + socket_suffix;
}

}  // namespace turnout::ipvs
