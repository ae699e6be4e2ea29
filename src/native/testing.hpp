// What tests of the native director share: addresses by number, frames whose checksums nobody looks
// at, walks through all connections, and what chance begins with.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <vector>

#include "model/control.hpp"
#include "wire/integers.hpp"

namespace turnout::native {

inline model::Address address(uint32_t number) {
    const auto byte = [&](int shift) { return static_cast<uint8_t>(number >> shift); };
    return model::Address::ipv4(byte(24), byte(16), byte(8), byte(0));
}

// Addresses as numbers, all in host order; clients and servers are counted from theirs.
inline constexpr uint32_t vip = 0xc6336401, clients = 0xcb007100, server_addresses = 0x0a010000;
inline const model::ServiceKey web{0, model::Protocol::tcp, address(vip), 80};

struct Ends {
    uint32_t from, to;
    uint16_t from_port, to_port;
};

// IPv4, forty bytes; UDP has nothing where TCP has its flags.
inline std::vector<uint8_t> frame_of(const Ends& ends, model::Protocol protocol, uint8_t flags) {
    std::vector<uint8_t> bytes(14 + 20 + 20);
    const auto put = [&](size_t at, auto value) {
        const auto wire = to_be(value);
        std::memcpy(bytes.data() + at, &wire, sizeof wire);
    };
    put(12, uint16_t{0x0800});
    bytes[14] = 0x45;
    put(16, uint16_t{40});
    bytes[22] = 64;
    bytes[23] = static_cast<uint8_t>(protocol);
    put(26, ends.from);
    put(30, ends.to);
    put(34, ends.from_port);
    put(36, ends.to_port);
    bytes[46] = 0x50;
    bytes[47] = flags;
    return bytes;
}

// TURNOUT_SEED, or always the same.
inline uint64_t chosen_seed() {
    static const uint64_t chosen = [] {
        const char* wanted = std::getenv("TURNOUT_SEED");
        const uint64_t seed = wanted ? std::strtoull(wanted, nullptr, 10) : 20260;
        std::cout << "TURNOUT_SEED=" << seed << "\n";
        return seed;
    }();
    return chosen;
}

template <class Visit>
void visit_connections(const model::Control& director, const Visit& visit) {
    for (uint32_t part = 0; director.connections(part, visit); ++part) {
    }
}

}  // namespace turnout::native
