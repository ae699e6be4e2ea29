// What commands read: a file, or the standard input.
#pragma once

#include <string>

#include "base/result.hpp"

namespace turnout::cli {

// The whole text of a file, of 16 MiB at most; "-" is the standard input.  Errors name it.
Result<std::string> read_text(const std::string& file);

}  // namespace turnout::cli
