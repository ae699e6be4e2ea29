// What `ipvsadm --set` means: 0 leaves a timeout as it is.
#pragma once

#include "model/change.hpp"

namespace turnout::test {

inline void set_timeouts(model::Timeouts& current, const model::Timeouts& wanted) {
    if (wanted.tcp_s) current.tcp_s = wanted.tcp_s;
    if (wanted.tcp_fin_s) current.tcp_fin_s = wanted.tcp_fin_s;
    if (wanted.udp_s) current.udp_s = wanted.udp_s;
}

}  // namespace turnout::test
