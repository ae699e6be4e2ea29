// Our BPF programs as tc filters: they outlive the process that attached them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "model/address.hpp"

namespace turnout::realserver::filter {

enum class Program {
    decapsulator,  // bpf/decap.bpf.cpp, at ingress; told the UDP port of GUE, 0: takes none off
    clamp,         // bpf/clamp.bpf.cpp, at egress; told the MSS
};

// The clsact qdisc, on which filters hang.
Status create_hook(int interface);
Status remove_hook(int interface);

// One filter of a program per virtual address, found again without notes: by a handle made from the
// address, and by what it was told.

// The number it was told; nothing if there is no such filter for `vip`.
Result<std::optional<uint16_t>> find(Program program, int interface, const model::Address& vip);
// In place of one for the same address.
Status attach(Program program, int interface, const model::Address& vip, uint16_t number);
Status detach(Program program, int interface, const model::Address& vip);

// What became of tunnel packets that came in fragments, since the decapsulator was attached: see
// abi::Reassembly.
struct Reassembled {
    uint64_t whole = 0, refused = 0, excess = 0, incomplete = 0;
};
// Of the decapsulator for `vip` on an interface; nothing, if there is none.
Reassembled reassembled(int interface, const model::Address& vip);

// The program in the kernel, attached nowhere.
Result<Fd> load(Program program, const model::Address& vip, uint16_t number);

}  // namespace turnout::realserver::filter
