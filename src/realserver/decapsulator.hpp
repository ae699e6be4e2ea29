// Our BPF decapsulator (bpf/decap.bpf.cpp) as a tc filter: it outlives the process that attached
// it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "model/address.hpp"

namespace turnout::realserver::decapsulator {

// The clsact qdisc, on which filters hang.
Status create_hook(int interface);
Status remove_hook(int interface);

// One filter per virtual address, found again without notes: by a handle made from the address, and
// by what its program was told.

// The UDP port at which it takes GUE off, 0 if at none; nothing if there is no filter for `vip`.
Result<std::optional<uint16_t>> find(int interface, const model::Address& vip);
// In place of one for the same address.
Status attach(int interface, const model::Address& vip, uint16_t gue_port);
Status detach(int interface, const model::Address& vip);

}  // namespace turnout::realserver::decapsulator
