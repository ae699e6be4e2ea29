// turnoutd: the director's daemon.
#include <cstdio>

#include "apps/daemon.hpp"
#include "apps/options.hpp"

int main(int count, char** arguments) {
    const auto parsed = turnout::parse_options(count, arguments);
    if (!parsed.options) return parsed.exit_status;
    const auto status = turnout::run_daemon(*parsed.options);
    if (status) return 0;
    std::fprintf(stderr, "turnoutd: %s\n", status.error().message.c_str());
    return 1;
}
