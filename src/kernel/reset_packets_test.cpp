#include "kernel/reset_packets.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "wire/checksum.hpp"
#include "wire/transport.hpp"

namespace turnout::kernel {
namespace {

using Bytes = std::vector<uint8_t>;

abi::Ending ending_of(abi::Family family) {
    abi::Ending ending{};
    ending.tuple.family = family;
    ending.tuple.client_port = to_be(uint16_t{40000});
    ending.tuple.virtual_port = to_be(uint16_t{80});
    const auto fill = [&](abi::Address& address, uint32_t first) {
        const uint32_t words = family == abi::Family::ipv4 ? 1 : 4;
        for (uint32_t i = 0; i < words; ++i) address.word[i] = to_be(first + i * 0x01020304);
    };
    fill(ending.tuple.client, 0xcb007107);
    fill(ending.tuple.virtual_address, 0xc6336401);
    ending.sequences = {0x11223344, 0xfffffffe};
    return ending;
}

// As another would sum it: pairs of bytes, most significant first.
uint32_t sum(const Bytes& bytes, size_t from, size_t to) {
    uint32_t total = 0;
    for (size_t at = from; at < to; at += 2)
        total += static_cast<uint32_t>(bytes[at]) << 8 | bytes[at + 1];
    return total;
}
uint32_t folded(uint32_t total) {
    while (total >> 16) total = (total & 0xffff) + (total >> 16);
    return total;
}

TcpHeader tcp_of(const Bytes& packet) {
    TcpHeader tcp;
    std::memcpy(&tcp, packet.data() + packet.size() - sizeof tcp, sizeof tcp);
    return tcp;
}

TEST(reset_packets, an_ipv4_packet_is_whole) {
    const Bytes packet = reset_for_server(ending_of(abi::Family::ipv4));
    ASSERT_EQ(packet.size(), 40u);
    EXPECT_EQ(packet[0], 0x45);
    EXPECT_EQ(sum(packet, 2, 4), packet.size());
    EXPECT_EQ(packet[9], 6);
    EXPECT_EQ(folded(sum(packet, 0, 20)), 0xffffu);
    EXPECT_EQ(folded(sum(packet, 12, 20) + 6 + 20 + sum(packet, 20, 40)), 0xffffu);
    EXPECT_EQ(Bytes(packet.begin() + 12, packet.begin() + 16), (Bytes{0xcb, 0x00, 0x71, 0x07}));
    EXPECT_EQ(Bytes(packet.begin() + 16, packet.begin() + 20), (Bytes{0xc6, 0x33, 0x64, 0x01}));
}

TEST(reset_packets, an_ipv6_packet_is_whole) {
    const Bytes packet = reset_for_client(ending_of(abi::Family::ipv6));
    ASSERT_EQ(packet.size(), 60u);
    EXPECT_EQ(packet[0] >> 4, 6);
    EXPECT_EQ(sum(packet, 4, 6), 20u);
    EXPECT_EQ(packet[6], 6);
    EXPECT_EQ(folded(sum(packet, 8, 40) + 6 + 20 + sum(packet, 40, 60)), 0xffffu);
}

TEST(reset_packets, each_end_gets_the_number_it_waits_for) {
    for (const auto family : {abi::Family::ipv4, abi::Family::ipv6}) {
        const abi::Ending ending = ending_of(family);
        const TcpHeader to_server = tcp_of(reset_for_server(ending));
        const TcpHeader to_client = tcp_of(reset_for_client(ending));
        EXPECT_EQ(to_server.flags, tcp_flag::rst | tcp_flag::ack);
        EXPECT_EQ(to_host(to_server.sequence), 0x11223344u);
        EXPECT_EQ(to_host(to_server.acknowledgement), 0xfffffffeu);
        EXPECT_EQ(to_host(to_server.ports.source), 40000);
        EXPECT_EQ(to_host(to_client.sequence), 0xfffffffeu);
        EXPECT_EQ(to_host(to_client.acknowledgement), 0x11223344u);
        EXPECT_EQ(to_host(to_client.ports.destination), 40000);
    }
}

}  // namespace
}  // namespace turnout::kernel
