// The options by which commands about connections are told which ones.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "api/query.hpp"
#include "base/result.hpp"
#include "model/connection_filter.hpp"

namespace turnout::cli {

struct FilterOptions {
    std::map<std::string, std::string> words;  // as model/connection_filter.hpp has them
    bool templates = false;
};

// `options` outlives the command.
void add_filter_options(CLI::App& command, FilterOptions& options);

// The words that were given; EINVAL when one makes no sense.
Result<api::QueryWords> words_of(const FilterOptions& options);
Result<model::ConnectionFilter> filter_of(const FilterOptions& options);

}  // namespace turnout::cli
