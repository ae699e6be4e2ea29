// Files of /proc/net/ip_vs* as the kernel writes them, made from what the director reports.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/control.hpp"

namespace turnout::ipvs {

// Is there a file of that name?  Names: "ip_vs_conn".
bool is_proc_text(std::string_view name);

// Appends one part of the file, of whole lines; parts are those of Control::connections.  False:
// behind the last.
bool append_proc_text(const model::Control& control, uint32_t part, std::string& text);

}  // namespace turnout::ipvs
