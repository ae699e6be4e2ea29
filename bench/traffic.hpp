// Rows of traffic, made from the packet vocabulary of the tests.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "flows.hpp"
#include "packet/packet.hpp"

namespace turnout::bench {

// What a flow's packets are.
struct Kind {
    model::Protocol protocol = model::Protocol::udp;
    uint8_t flags = test::ACK;  // TCP
    model::Address destination, source;
    uint16_t destination_port = 0, source_port = 0;
    bool reply = false;  // from a server: the client is where it goes
    test::Ethernet ethernet = {};
};

// The client of flow 0, but for its port.
inline model::Address first_client(model::Family family) {
    return *model::Address::parse(family == model::Family::ipv6 ? "2001:db8::203.0.113.0"
                                                                : "203.0.113.0");
}

inline test::Bytes frame_of(const Kind& kind) {
    const test::Ip ip{kind.source, kind.destination};
    const size_t size =
        kind.source.family == model::Family::ipv6 ? frame_size_ipv6 : frame_size_ipv4;
    const auto made = [&](size_t bytes) {
        const std::string payload(bytes, 'x');
        return kind.protocol == model::Protocol::tcp
                   ? test::frame(ip, test::Tcp{kind.source_port, kind.destination_port, kind.flags},
                                 payload, kind.ethernet)
                   : test::frame(ip, test::Udp{kind.source_port, kind.destination_port}, payload,
                                 kind.ethernet);
    };
    return made(size - made(0).size());
}

// A frame's two bytes, as they lie in memory, taken out.
inline uint16_t take(test::Bytes& frame, size_t at) {
    uint16_t bytes = 0;
    std::memcpy(&bytes, frame.data() + at, sizeof bytes);
    frame[at] = frame[at + 1] = 0;
    return bytes;
}

// A request's source, or a reply's destination, is the client's and need not be given.
inline Traffic traffic_of(Kind kind, uint32_t flows, Order order) {
    const bool ipv6 = (kind.reply ? kind.source : kind.destination).family == model::Family::ipv6;
    const uint16_t service_port = kind.reply ? kind.source_port : kind.destination_port;
    (kind.reply ? kind.destination : kind.source) =
        first_client(ipv6 ? model::Family::ipv6 : model::Family::ipv4);
    (kind.reply ? kind.destination_port : kind.source_port) = 0;
    test::Bytes frame = frame_of(kind);
    const Layout layout = ipv6 ? (kind.reply ? Layout::reply_ipv6 : Layout::request_ipv6)
                               : (kind.reply ? Layout::reply_ipv4 : Layout::request_ipv4);
    const bool udp = kind.protocol == model::Protocol::udp;
    const Offsets at = offsets_of(layout, udp);

    Traffic traffic{};
    traffic.size = at.size;
    traffic.layout = layout;
    traffic.is_udp = udp;
    traffic.flows = flows;
    traffic.order = order;
    traffic.chance = 17;
    traffic.services = 1;
    traffic.service_port = service_port;
    // A sum without an addend: adding its complement takes it off.
    const auto without = [](uint16_t addend) { return static_cast<uint32_t>(uint16_t(~addend)); };
    const uint16_t address = take(frame, at.address);
    traffic.sum = without(take(frame, at.checksum)) + without(address) +
                  without(take(frame, at.service_port));
    if (at.header_checksum)
        traffic.header_sum = without(take(frame, at.header_checksum)) + without(address);
    std::memcpy(traffic.words, frame.data(), frame.size());
    return traffic;
}

}  // namespace turnout::bench
