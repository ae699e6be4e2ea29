// The text of keepalived.conf(5) as a tree: statements, and blocks in braces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace turnout::cli::migrate {

struct Statement {
    size_t line = 0;                 // of the text, from 1
    std::vector<std::string> words;  // quotes taken off
    std::vector<Statement> inside;   // of a block

    // The n-th word behind the first, or "".
    std::string word(size_t n) const { return n < words.size() ? words[n] : ""; }
};

// EINVAL: braces do not match.
Result<std::vector<Statement>> read_keepalived(std::string_view text);

}  // namespace turnout::cli::migrate
