// Tables of another layout, copied into new ones: every row and entry under its number or key.
#pragma once

#include <string>

#include "base/result.hpp"

namespace turnout::kernel {

// From the pins of one folder to those of another, whose tables are at least as large and are
// filled in as new ones are: what the old layout does not have stays so.  Left out are connections,
// which move while packets use them, their servers' loads and counters, which follow them, and what
// is only remembered for a moment: neighbours and fragments.
Status translate_tables(const std::string& from, const std::string& to);

// One of them.
Status translate_table(const std::string& from, const std::string& to, const char* name);

}  // namespace turnout::kernel
