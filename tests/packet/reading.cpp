// Frames read back: are their checksums right, and what do they say?
#include <algorithm>
#include <sstream>

#include "packet/view.hpp"
#include "packet/world.hpp"

namespace turnout::test {
namespace {

std::string transport_fault(const View& packet) {
    const Bytes& bytes = packet.bytes;
    const auto [protocol, transport] = packet.transport();
    switch (protocol) {
        case gre_protocol:
            return bytes[transport] & 0x80 && complement(sum(bytes, transport, packet.end()))
                       ? "wrong GRE checksum"
                       : "";
        case icmp_protocol:
        case icmpv6_protocol:
            return icmp_checksum(packet) ? "wrong ICMP checksum" : "";
        case tcp_protocol:
            return transport_checksum(packet) ? "wrong TCP checksum" : "";
        case udp_protocol:
            if (get16(bytes, transport + 6) == 0) return "";
            return transport_checksum(packet) ? "wrong UDP checksum" : "";
        case sctp_protocol:
            return sctp_checksum(packet) != sctp_checksum_in(packet) ? "wrong SCTP checksum" : "";
        default:
            return "";
    }
}

std::string ip_fault(const View& packet) {
    if (!packet.whole()) return "headers or lengths that do not hold together";
    const size_t header = packet.ip + packet.header_size();
    if (!packet.is_ipv6() && complement(sum(packet.bytes, packet.ip, header)) != 0)
        return "wrong IP header checksum";
    if (packet.is_fragment()) return "";
    const std::string fault = transport_fault(packet);
    const auto inner = packet.inside();
    return !fault.empty() || !inner ? fault : ip_fault({packet.bytes, *inner});
}

}  // namespace

bool is_gue(const Bytes& frame) {
    const auto [protocol, at] = View{frame}.transport();
    return protocol == udp_protocol && get16(frame, at + 2) == gue_port;
}

namespace {

bool is_of_the_director(const View& packet) {
    const model::Address own = source_for(packet.is_ipv6() ? to_ipv6(client) : client);
    return std::equal(
        packet.bytes.begin() + static_cast<long>(packet.addresses()),
        packet.bytes.begin() + static_cast<long>(packet.addresses() + packet.address_size()),
        own.bytes.begin());
}

}  // namespace

void forget_identification(Bytes& frame) {
    constexpr size_t ip = ethernet_size, id_of_fragment = ip + 44;
    const View packet{frame};
    if (!packet.whole()) return;
    if (packet.is_ipv6()) {
        if (packet.is_fragment() && is_of_the_director(packet))
            for (size_t i = 0; i < 4; ++i) frame[id_of_fragment + i] = 0;
        return;
    }
    const uint8_t protocol = frame[ip + 9];
    const bool tunnel = protocol == ipv4_in_ip || protocol == ipv6_in_ip ||
                        protocol == gre_protocol || is_gue(frame) || is_of_the_director(packet);
    if (frame[ip] == 0x45 && (protocol == icmp_protocol || tunnel) && !(frame[ip + 6] & 0x40))
        for (const size_t at : {4, 5, 10, 11}) frame[ip + at] = 0;  // and the checksum
}

std::string checksum_fault(const Bytes& frame) {
    return ip_fault({frame});
}

namespace {

std::string mac_text(const Bytes& frame, size_t at) {
    std::ostringstream text;
    for (size_t i = at; i < at + 6; ++i)
        text << std::hex << int{frame[i]} << (i < at + 5 ? ":" : "");
    return text.str();
}

std::string address_text(const View& packet, size_t at) {
    model::Address address;
    address.family = packet.is_ipv6() ? model::Family::ipv6 : model::Family::ipv4;
    std::copy_n(packet.bytes.begin() + static_cast<long>(at), packet.address_size(),
                address.bytes.begin());
    return address.to_string();
}

std::string packet_text(const View& packet) {
    const Bytes& bytes = packet.bytes;
    if (!packet.whole()) return "";
    const auto [protocol, transport] = packet.transport();
    const bool ipv6 = packet.is_ipv6();
    std::ostringstream text;
    text << address_text(packet, packet.addresses()) << " > "
         << address_text(packet, packet.addresses() + packet.address_size()) << " ttl "
         << int{bytes[packet.ip + (ipv6 ? 7 : 8)]} << " tos "
         << (ipv6 ? get16(bytes, packet.ip) >> 4 & 255 : int{bytes[packet.ip + 1]}) << " len "
         << packet.end() - packet.ip << " proto " << int{protocol};
    if (protocol == gre_protocol)
        text << " flags " << get16(bytes, transport);
    else if (protocol != ipv4_in_ip && protocol != ipv6_in_ip && transport + 4 <= bytes.size())
        text << " ports " << get16(bytes, transport) << " > " << get16(bytes, transport + 2);
    if (const auto inner = packet.inside()) text << " [ " << packet_text({bytes, *inner});
    return text.str();
}

}  // namespace

std::string describe(const Bytes& frame) {
    const std::string size = std::to_string(frame.size()) + " bytes";
    if (frame.size() < ethernet_size + 20) return size;
    return "to " + mac_text(frame, 0) + " from " + mac_text(frame, 6) + " " + packet_text({frame}) +
           ", " + size;
}

}  // namespace turnout::test
