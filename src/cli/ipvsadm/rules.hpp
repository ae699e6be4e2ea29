// Services and servers as the rules that make them: what `ipvsadm -S` prints and -R reads.
#pragma once

#include <string>

#include "cli/ipvsadm/names.hpp"
#include "model/service.hpp"

namespace turnout::ipvsadm {

// "-A -t 192.0.2.1:80 -s wlc", without a newline
std::string service_rule(const model::Service& service, const Names& names);
// "-a -t 192.0.2.1:80 -r 198.51.100.1:80 -m -w 1", without a newline
std::string server_rule(const model::Server& server, const model::ServiceKey& of,
                        const Names& names);

}  // namespace turnout::ipvsadm
