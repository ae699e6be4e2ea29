// Files of /proc/net/ip_vs* as the kernel writes them, made from what the director reports.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "model/control.hpp"

namespace turnout::ipvs {

// Calls `line` for each line of the named file, with its newline.  False: no such file.
// Names: "ip_vs_conn".
bool proc_text(std::string_view name, const model::Control& control,
               const std::function<void(std::string_view)>& line);

}  // namespace turnout::ipvs
