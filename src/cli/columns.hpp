// A list for people: columns as wide as their widest entry, the last one without padding.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace turnout::cli {

// One line a row, the head first; every row has as many entries as the head.
inline std::string in_columns(const std::vector<std::vector<std::string>>& rows) {
    std::vector<size_t> widths(rows.front().size());
    for (const auto& row : rows)
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const auto& row : rows) {
        for (size_t i = 0; i + 1 < row.size(); ++i)
            text += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
        text += row.back() + '\n';
    }
    return text;
}

}  // namespace turnout::cli
