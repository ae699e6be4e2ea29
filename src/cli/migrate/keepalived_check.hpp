// Looks through keepalived.conf: its virtual servers, and what else of it concerns IPVS.
#pragma once

#include <string>

#include "cli/migrate/services.hpp"

namespace turnout::cli::migrate {

// `name`: of the text, as findings are to name it.  Gives findings that are about no service; the
// others are in `services`.
Findings check_keepalived(const std::string& text, const std::string& name, Services& services);

}  // namespace turnout::cli::migrate
