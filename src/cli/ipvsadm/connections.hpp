// The list of connections: /proc/net/ip_vs_conn made readable.
#pragma once

#include <string>
#include <string_view>

#include "cli/ipvsadm/names.hpp"

namespace turnout::ipvsadm {

// The two lines of the head; `engines` adds the columns of persistence engines.
std::string connections_title(bool engines);

// Lines of the file as lines of the list; the file's head and anything else that is no connection
// is left out.
std::string connection_lines(std::string_view lines, const Names& names, bool engines);

}  // namespace turnout::ipvsadm
