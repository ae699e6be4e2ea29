#include "kernel/reset_packets.hpp"

#include <cstring>

#include "abi/pseudo_header.hpp"
#include "wire/checksum.hpp"
#include "wire/transport.hpp"

namespace turnout::kernel {
namespace {

struct End {
    const abi::Address& address;
    be16 port;
    uint32_t next;  // number of the byte that it sends next
};

uint64_t sum_of_bytes(const TcpHeader& tcp) {
    uint64_t sum = 0;
    uint16_t pair;
    for (size_t at = 0; at < sizeof tcp; at += sizeof pair) {
        std::memcpy(&pair, reinterpret_cast<const char*>(&tcp) + at, sizeof pair);
        sum += pair;
    }
    return sum;
}

template <class Header>
void append(std::vector<uint8_t>& packet, const Header& header) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&header);
    packet.insert(packet.end(), bytes, bytes + sizeof header);
}

TcpHeader tcp_header(const End& from, const End& to) {
    TcpHeader tcp{};
    tcp.ports = {from.port, to.port};
    tcp.sequence = to_be(from.next);
    tcp.acknowledgement = to_be(to.next);
    tcp.data_offset = sizeof tcp / 4 << 4;
    tcp.flags = tcp_flag::rst | tcp_flag::ack;
    constexpr auto protocol = static_cast<uint8_t>(IpProtocol::tcp);
    tcp.checksum = updated(
        {0xffff}, pseudo_sum(from.address, to.address, protocol, sizeof tcp) + sum_of_bytes(tcp));
    return tcp;
}

Ipv4Header ipv4_header(const End& from, const End& to) {
    Ipv4Header ip{};
    ip.version_and_length = 0x45;
    ip.total_length = to_be(static_cast<uint16_t>(sizeof(Ipv4Header) + sizeof(TcpHeader)));
    ip.fragment = ipv4_fragment::dont;
    ip.ttl = own_ttl;
    ip.protocol = static_cast<uint8_t>(IpProtocol::tcp);
    ip.source = from.address.word[0];
    ip.destination = to.address.word[0];
    ip.checksum = header_checksum(ip);
    return ip;
}

Ipv6Header ipv6_header(const End& from, const End& to) {
    Ipv6Header ip{};
    ip.version_class_label = to_be(uint32_t{6} << 28);
    ip.payload_length = to_be(static_cast<uint16_t>(sizeof(TcpHeader)));
    ip.next_header = static_cast<uint8_t>(IpProtocol::tcp);
    ip.hop_limit = own_ttl;
    std::memcpy(ip.source, from.address.word, sizeof ip.source);
    std::memcpy(ip.destination, to.address.word, sizeof ip.destination);
    return ip;
}

std::vector<uint8_t> reset(abi::Family family, const End& from, const End& to) {
    std::vector<uint8_t> packet;
    if (family == abi::Family::ipv4)
        append(packet, ipv4_header(from, to));
    else
        append(packet, ipv6_header(from, to));
    append(packet, tcp_header(from, to));
    return packet;
}

End client_of(const abi::Ending& ending) {
    return {ending.tuple.client, ending.tuple.client_port, ending.sequences.client_next};
}

End service_of(const abi::Ending& ending) {
    return {ending.tuple.virtual_address, ending.tuple.virtual_port, ending.sequences.server_next};
}

}  // namespace

std::vector<uint8_t> reset_for_server(const abi::Ending& ending) {
    return reset(ending.tuple.family, client_of(ending), service_of(ending));
}

std::vector<uint8_t> reset_for_client(const abi::Ending& ending) {
    return reset(ending.tuple.family, service_of(ending), client_of(ending));
}

}  // namespace turnout::kernel
