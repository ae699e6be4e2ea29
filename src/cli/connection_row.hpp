// A connection as a line for people: in columns that are wide enough for IPv4.
#pragma once

#include <string>

#include "model/report.hpp"

namespace turnout::cli {

inline constexpr const char* connection_title =
    "PROTO EXPIRES STATE       METHOD CLIENT                VIRTUAL               "
    "SERVER                FLAGS\n";

// With its newline.
void append_row(std::string& text, const model::ConnectionReport& connection);

}  // namespace turnout::cli
