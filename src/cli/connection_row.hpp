// A connection as a line: for people, in columns that are wide enough for IPv4; for programs, as
// JSON.
#pragma once

#include <string>

#include "model/report.hpp"

namespace turnout::cli {

inline constexpr const char* connection_title =
    "PROTO EXPIRES STATE       METHOD CLIENT                VIRTUAL               "
    "SERVER                FLAGS\n";

// With its newline.
void append_row(std::string& text, const model::ConnectionReport& connection);

// The object of the API (api::json_of), without a newline.  Written straight into the text, for
// there may be millions.
void append_json(std::string& text, const model::ConnectionReport& connection);

}  // namespace turnout::cli
