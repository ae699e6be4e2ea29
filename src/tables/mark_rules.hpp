// The mark rules as rows, of which packets meet the old list or the new one.
//
// The table has two halves: a change writes the whole new list into the half that is not in use and
// then flips to it by one word of the settings.  A rule takes a row for every pair of its port
// ranges.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "model/mark_rule.hpp"
#include "tables/rows.hpp"

namespace turnout::tables {

class MarkRules {
  public:
    // Takes over what an earlier daemon left in the rows, which outlive this object.
    explicit MarkRules(Rows& rows);

    const std::vector<model::MarkRule>& rules() const { return rules_; }
    // Replaces the list.  ENOSPC when it needs more rows than there are; then nothing has changed.
    Status write(std::vector<model::MarkRule> rules);

  private:
    void adopt();

    Rows& rows_;
    std::vector<model::MarkRule> rules_;
};

}  // namespace turnout::tables
