// The things on a real server that set-up changes, each with a state that is a few words.
//
// Because setting up, checking and undoing only ever read and write such words, one short piece of
// code does all three for sysctls, addresses and BPF filters alike.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace turnout::realserver {

enum class Kind {
    setting,  // a file under /proc/sys, named by its path below it; state: the number in it
    address,  // the virtual address on the named interface: absent or present
    hook,     // the clsact qdisc of an interface: absent or present
    filter,   // our decapsulator on an interface: absent, or as decapsulating() words it
    clamp,    // our MSS clamp on an interface: absent, or as clamping() words it
};

struct Thing {
    Kind kind = Kind::setting;
    std::string name;

    auto operator<=>(const Thing&) const = default;
};

inline constexpr const char* absent = "absent";
inline constexpr const char* present = "present";

// The state of a decapsulator that takes GUE off at that UDP port; 0: that knows no GUE.
std::string decapsulating(uint16_t gue_port);
// The port again; nothing for a state that is none of these.
std::optional<uint16_t> gue_port_of(const std::string& state);

// The same of an MSS clamp.
std::string clamping(uint16_t mss);
std::optional<uint16_t> mss_of(const std::string& state);

// "net.ipv4.conf.all.arp_ignore", "the virtual address on lo", "the decapsulator on eth0"
std::string to_string(const Thing& thing);

// The words under which a kind is remembered in a file.
const char* word(Kind kind);
bool parse(const std::string& word, Kind& kind);

struct Interface {
    std::string name;
    uint32_t mtu = 0;
};

// What set-up works on: this host's network namespace, or a pretended one in tests.
class Machine {
  public:
    virtual ~Machine() = default;
    virtual Result<std::string> read(const Thing& thing) = 0;
    // Puts the thing into a state that read() could return.
    virtual Status write(const Thing& thing, const std::string& state) = 0;
    // The interfaces on which packets from outside reach the stack.
    virtual Result<std::vector<Interface>> interfaces() = 0;
};

}  // namespace turnout::realserver
