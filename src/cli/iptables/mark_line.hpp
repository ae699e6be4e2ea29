// One MARK rule of iptables as a mark rule of ours, or why there is none that means the same.
#pragma once

#include "base/result.hpp"
#include "cli/iptables/save_text.hpp"
#include "model/mark_rule.hpp"

namespace turnout::cli::iptables {

// EOPNOTSUPP with the reason; looks at the rule alone, not at where it stands.
Result<model::MarkRule> translate(const Rule& rule);

}  // namespace turnout::cli::iptables
