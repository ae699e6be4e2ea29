// Takes the MARK rules out of the text of iptables-save, and says which it cannot take and why.
//
// What counts is that the same packets get the same marks.  So only rules that stand in the mangle
// table's PREROUTING chain are taken, and only as far as every packet gets there: behind an ACCEPT,
// say, a rule of ours would also mark the packets that were accepted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/iptables/save_text.hpp"
#include "model/mark_rule.hpp"

namespace turnout::cli::iptables {

struct Import {
    struct Taken {
        Rule from;
        model::MarkRule rule;
    };
    struct Left {
        Rule from;
        std::string reason;
    };
    std::vector<Taken> taken;  // in the order of the text
    std::vector<Left> left;
};

// `family` is that of a text whose head does not tell.  EINVAL: this is no text of iptables-save.
Result<Import> import_marks(std::string_view text, model::Family family);

}  // namespace turnout::cli::iptables
