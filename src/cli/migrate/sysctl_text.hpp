// The text of sysctl.d(5): what it says of IPVS's settings (net.ipv4.vs.NAME).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace turnout::cli::migrate {

struct SysctlLine {
    size_t line;  // from 1
    std::string name;
    std::string value;
    bool optional;  // "-": it is no fault if it cannot be set
};

struct SysctlText {
    std::vector<SysctlLine> settings;
    std::vector<size_t> unreadable;  // lines that are no comment and no setting
    size_t others = 0;               // settings that are not IPVS's
};

SysctlText read_sysctl_text(std::string_view text);

}  // namespace turnout::cli::migrate
