// The list of connections: /proc/net/ip_vs_conn made readable.
#pragma once

#include <string>
#include <string_view>

#include "cli/ipvsadm/names.hpp"

namespace turnout::ipvsadm {

// The two lines of the head; `engines` adds the columns of persistence engines.
std::string connections_title(bool engines);

// One line of the file as one line of the list; empty for the file's head and anything else that is
// no connection.
std::string connection_line(std::string_view line, const Names& names, bool engines);

}  // namespace turnout::ipvsadm
