// Looks through rules as `ipvsadm -S` prints them.
#pragma once

#include <string>

#include "cli/migrate/services.hpp"

namespace turnout::cli::migrate {

// `name`: of the text, as findings are to name it.  Gives those that are about a line that is no
// rule; the others are in `services`.
Findings check_rules(const std::string& text, const std::string& name, Services& services);

}  // namespace turnout::cli::migrate
