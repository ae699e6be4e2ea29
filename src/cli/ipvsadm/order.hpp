// The order in which ipvsadm lists: by mark, family, protocol, address and port.
//
// ipvsadm compares marks and each 32-bit word of an address by the sign of their difference, which
// wraps: 10.0.0.1 stands after 192.0.2.1.  This is no order in the mathematical sense, so what
// comes out depends on what goes in and on the way of sorting: ours is ipvsadm's (a merge sort that
// halves), and std::sort would be undefined behaviour.
#pragma once

#include <vector>

#include "model/report.hpp"

namespace turnout::ipvsadm {

void sort(std::vector<model::ServiceReport>& services);
void sort(std::vector<model::ServerReport>& servers);  // by address and port

}  // namespace turnout::ipvsadm
