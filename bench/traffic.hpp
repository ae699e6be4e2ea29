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

// A request's source, or a reply's destination, is the client's and need not be given.
inline Traffic traffic_of(Kind kind, uint32_t flows, Order order) {
    model::Address& server_side = kind.reply ? kind.source : kind.destination;
    (kind.reply ? kind.destination : kind.source) = first_client(server_side.family);
    (kind.reply ? kind.destination_port : kind.source_port) = 0;
    const test::Bytes frame = frame_of(kind);
    const bool ipv6 = server_side.family == model::Family::ipv6;
    const uint32_t ip = 14, transport = ip + (ipv6 ? 40 : 20);

    Traffic traffic{};
    std::memcpy(traffic.words, frame.data(), frame.size());
    traffic.size = static_cast<uint32_t>(frame.size());
    traffic.flows = flows;
    traffic.order = order;
    traffic.chance = 17;
    traffic.port_at = transport + (kind.reply ? 2 : 0);
    traffic.address_at =
        (ipv6 ? ip + 8 + 16 * (1 + kind.reply) : ip + 12 + 4 * (1 + kind.reply)) - 2;
    traffic.checksum_at = transport + (kind.protocol == model::Protocol::tcp ? 16 : 6);
    traffic.header_checksum_at = ipv6 ? 0 : ip + 10;
    return traffic;
}

}  // namespace turnout::bench
