// Mark rules as a table for people.
#pragma once

#include <string>
#include <vector>

#include "model/mark_rule.hpp"

namespace turnout::cli {

std::string table_of(const std::vector<model::MarkRule>& rules);

}  // namespace turnout::cli
