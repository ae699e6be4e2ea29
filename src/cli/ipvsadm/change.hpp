// A command line that changes something, as that change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/ipvsadm/command_line.hpp"

namespace turnout::ipvsadm {

// Of every command but list, save and restore.
model::Change change_of(const CommandLine& line);

// The words of one line of rules, as read_command_line() takes them; the line may begin with the
// program's name.
std::vector<std::string> words_of(std::string_view rule);

}  // namespace turnout::ipvsadm
