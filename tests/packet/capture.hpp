// Captures: packets and the times between them, in the format of libpcap, which every tool reads
// (draft-ietf-opsawg-pcap).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "packet/packet.hpp"

namespace turnout::test {

struct Captured {
    uint32_t seconds_before = 0;  // since the packet before
    Bytes frame;
};
using Capture = std::vector<Captured>;

// What packets begin with.
enum class LinkType : uint32_t { ethernet = 1, ip = 101 };

Bytes to_pcap(const Capture& capture, LinkType link = LinkType::ethernet);
// As much as the bytes tell, whatever they are; times are whole seconds.
Capture from_pcap(std::span<const uint8_t> bytes);

Result<Capture> read_capture(const std::string& path);

}  // namespace turnout::test
