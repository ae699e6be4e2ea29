// ipvsadm for Turnout.  TURNOUT_SOCKET names another director's socket (tests, other namespaces).
#include <cstdio>
#include <cstdlib>

#include "base/netns.hpp"
#include "cli/ipvsadm/run.hpp"
#include "ipvs/socket_path.hpp"

int main(int argc, char** argv) {
    std::string path;
    if (const char* named = std::getenv("TURNOUT_SOCKET")) {
        path = named;
    } else {
        const auto cookie = turnout::netns_cookie();
        if (!cookie) {
            std::fprintf(stderr, "%s\n", cookie.error().message.c_str());
            return 2;
        }
        path = turnout::ipvs::socket_path(*cookie);
    }
    return turnout::ipvsadm::run(argc, argv, path);
}
