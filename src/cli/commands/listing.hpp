// A list that the director tells: for people as a table, for programs as JSON.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "api/values.hpp"
#include "cli/api_client.hpp"

namespace turnout::cli {

// Asks the director of this network namespace for it and prints it; `json`: an array of objects.
template <class Value>
Result<int> list(Result<std::vector<Value>> (ApiClient::*ask)() const,
                 std::string (*table_of)(const std::vector<Value>&), bool json) {
    const auto director = ApiClient::here();
    if (!director) return std::unexpected(director.error());
    const auto values = ((*director).*ask)();
    if (!values) return std::unexpected(values.error());
    if (!json) {
        std::fputs(table_of(*values).c_str(), stdout);
        return 0;
    }
    auto all = nlohmann::json::array();
    for (const Value& value : *values) all.push_back(api::json_of(value));
    std::puts(all.dump(2).c_str());
    return 0;
}

}  // namespace turnout::cli
