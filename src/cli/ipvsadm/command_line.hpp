// A command line as what it asks for.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/ipvsadm/grammar.hpp"
#include "model/change.hpp"

namespace turnout::ipvsadm {

struct CommandLine {
    Command command = Command::list;
    OptionSet given;
    model::Service service;
    model::Server server;
    model::Timeouts timeouts;
    model::SyncDaemon daemon;
};

// Nothing to do but to say something and end: a mistake (2; 255 where libpopt finds it), or the
// version and the help (0, to standard output).
struct Goodbye {
    int status = 0;
    std::string text;
    bool ends_restore = true;  // not, of a rule with a word that libpopt does not know
};

// `words` begins with the program's name.  A line of rules to restore cannot itself restore.
std::expected<CommandLine, Goodbye> read_command_line(const std::vector<std::string>& words,
                                                      bool within_restore);

}  // namespace turnout::ipvsadm
