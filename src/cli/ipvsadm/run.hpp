// The ipvsadm command: reads a command line, asks the director, prints.
#pragma once

#include <string>

namespace turnout::ipvsadm {

// `path`: the director's socket.  The exit status: 0; 1 a list failed; 2 a mistake in the command
// line, or no director; 255 the director refused, or a mistake that libpopt found.
int run(int argc, const char* const* argv, const std::string& path);

}  // namespace turnout::ipvsadm
