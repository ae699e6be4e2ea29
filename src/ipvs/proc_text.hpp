// Files of /proc/net/ip_vs* as the kernel writes them, made from what the director reports.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/control.hpp"

namespace turnout::ipvs {

// Is there a file of that name?  Names: see proc_files.
bool is_proc_text(std::string_view name);

// Appends one part of a file that there is, of whole lines; parts are counted from 0.  False:
// behind the last.  Those of connections are of Control::connections; the others are one part.
bool append_proc_text(const model::Control& control, std::string_view name, uint32_t part,
                      std::string& text);

}  // namespace turnout::ipvs
