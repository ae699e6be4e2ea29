// Our BPF decapsulator (bpf/decap.bpf.cpp) as a tc filter: it outlives the process that attached
// it.
#pragma once

#include "base/result.hpp"
#include "model/address.hpp"

namespace turnout::realserver::decapsulator {

// The clsact qdisc, on which filters hang.
Status create_hook(int interface);
Status remove_hook(int interface);

// One filter per virtual address; the address is its handle, so that it is found without notes.
Result<bool> is_attached(int interface, const model::Address& vip);
Status attach(int interface, const model::Address& vip);
Status detach(int interface, const model::Address& vip);

}  // namespace turnout::realserver::decapsulator
