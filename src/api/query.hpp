// The query of a request's target: NAME=VALUE&NAME=VALUE, with %XX for what would be misread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace turnout::api {

using QueryWords = std::vector<std::pair<std::string, std::string>>;

// EINVAL names the word that is none.
Result<QueryWords> words_of_query(std::string_view query);

std::string query_of(const QueryWords& words);

}  // namespace turnout::api
