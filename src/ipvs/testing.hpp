// What tests of this folder share.
#pragma once

#include "model/control.hpp"

namespace turnout::ipvs {

inline const model::ServiceKey web{0, model::Protocol::tcp, model::Address::ipv4(10, 0, 0, 1), 80};

}  // namespace turnout::ipvs
