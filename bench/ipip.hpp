// The least that IP in IP takes: what tunnels are measured against.
#pragma once

#include "wire/checksum.hpp"
#include "wire/ip.hpp"
#include "write_flow.hpp"

namespace turnout::bench {

struct Headers {
    EthernetHeader* ethernet;
    Ipv4Header* ip;
};

TURNOUT_INLINE bool find(const Window& window, Headers& headers) {
    using Bytes = uint8_t[sizeof(EthernetHeader) + sizeof(Ipv4Header)];
    auto* bytes = header_at<Bytes>(window, 0);
    if (!bytes) return false;
    headers.ethernet = reinterpret_cast<EthernetHeader*>(*bytes);
    headers.ip = reinterpret_cast<Ipv4Header*>(*bytes + sizeof(EthernetHeader));
    return true;
}

// Puts an outer header for one fixed address before the packet, whose headers these are; then they
// are those of the frame as it is now, whose MAC addresses are left to be written.
TURNOUT_INLINE bool encapsulate(xdp_md* frame, Headers& headers) {
    Ipv4Header outer = *headers.ip;
    if (bpf::xdp_adjust_head(frame, -static_cast<int>(sizeof outer))) return false;
    if (!find(window_of(frame), headers)) return false;
    outer.total_length = to_be(static_cast<uint16_t>(to_host(outer.total_length) + sizeof outer));
    outer.protocol = static_cast<uint8_t>(IpProtocol::ipv4);
    outer.destination = to_be(0x0a01000bu);
    outer.checksum = header_checksum(outer);
    *headers.ip = outer;
    headers.ethernet->type = to_be(static_cast<uint16_t>(EtherType::ipv4));
    return true;
}

}  // namespace turnout::bench
