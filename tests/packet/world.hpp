// Where packet cases run: the same director over the native pipeline, the XDP program or the tc
// program.  All of them must agree.
#pragma once

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "abi/drop.hpp"
#include "abi/rows.hpp"
#include "director/director.hpp"
#include "packet/packet.hpp"
#include "path/env.hpp"

namespace turnout::test {

struct Outcome {
    Verdict verdict = Verdict::pass;
    Bytes frame;             // as it left
    bool resolving = false;  // the kernel writes the Ethernet header
};

class World {
  public:
    virtual ~World() = default;
    virtual std::string name() const = 0;
    // An empty director: no services, no mark rules, no connections, nothing dropped.
    virtual director::Director& fresh() = 0;
    // `mark`: the firewall mark that the packet comes with, which only a complete lane sees.
    Outcome send(const Bytes& frame, uint32_t mark = 0) {
        warm();
        return run(frame, mark);
    }
    // Next hops are remembered and fresh, as they are on a running director.
    virtual void warm() = 0;
    // send() without that; from any number of threads at once, where there is a kernel.
    Outcome run(const Bytes& frame, uint32_t mark = 0) {
        return run_in(is_complete(), frame, mark);
    }
    // In either lane, over the same tables: as on a running director, which has both.
    virtual Outcome run_in(bool complete, const Bytes& frame, uint32_t mark) = 0;
    virtual uint64_t drops(abi::Drop reason) = 0;
    virtual tables::Rows& rows() = 0;
    // The loaded program; -1 where there is none.
    virtual int program() const { return -1; }
    // A table of the kernel's by its name in abi/maps.hpp; -1 where there is none.
    virtual int table(const char*) const { return -1; }
    // Lets the kernel's sweeper run, which does not end before the world does.
    virtual Status start_sweeper() { return fail(ENOSYS, "there is no sweeper here"); }
    // A fast lane passes on what the complete lane answers or resolves.
    virtual bool is_complete() const = 0;
};

std::unique_ptr<World> native_world(bool complete);
// How much a world has room for.
struct Room {
    uint32_t services = 64, servers = 256, rings = 64, connection_bits = 10;
};
// Over the programs in the kernel, in a network namespace of their own, by BPF_PROG_TEST_RUN.
// Needs root; an error says what is missing.
Result<std::unique_ptr<World>> kernel_world(bool complete, const Room& room = {});

// Addresses of the test network.  Each IPv4 address has an IPv6 one, which ends in its bytes.
inline const model::Address vip = model::Address::ipv4(198, 51, 100, 1);
inline const model::Address client = model::Address::ipv4(203, 0, 113, 7);
inline const model::Address director_address = model::Address::ipv4(10, 1, 0, 1);
inline model::Address server(uint8_t number) {
    return model::Address::ipv4(10, 1, 0, static_cast<uint8_t>(10 + number));
}
inline model::Address to_ipv6(const model::Address& address) {
    model::Address made = *model::Address::parse("2001:db8::");
    std::copy_n(address.bytes.begin(), 4, made.bytes.begin() + 12);
    return made;
}
// The director's own address on the way to another.
inline model::Address source_for(const model::Address& to) {
    return to.family == model::Family::ipv6 ? to_ipv6(director_address) : director_address;
}

}  // namespace turnout::test
