#include "packet/packet.hpp"

#include <algorithm>
#include <sstream>

namespace turnout::test {
namespace {

constexpr size_t ethernet_size = 14;

void put16(Bytes& bytes, uint16_t value) {
    bytes.push_back(static_cast<uint8_t>(value >> 8));
    bytes.push_back(static_cast<uint8_t>(value));
}

uint16_t get16(const Bytes& bytes, size_t at) {
    return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

void set16(Bytes& bytes, size_t at, uint16_t value) {
    bytes[at] = static_cast<uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<uint8_t>(value);
}

// The sum of RFC 1071 over [from, to), in host arithmetic, folded at the end.
uint32_t sum(const Bytes& bytes, size_t from, size_t to) {
    uint32_t total = 0;
    for (size_t at = from; at < to; at += 2)
        total += at + 1 < to ? get16(bytes, at) : static_cast<uint32_t>(bytes[at] << 8);
    return total;
}

uint16_t complement(uint32_t total) {
    while (total >> 16) total = (total & 0xffff) + (total >> 16);
    return static_cast<uint16_t>(~total);
}

size_t ip_header_size(const Bytes& bytes, size_t ip) {
    return (bytes[ip] & 15u) * 4u;
}
size_t ip_end(const Bytes& bytes, size_t ip) {
    return ip + get16(bytes, ip + 2);
}

uint16_t transport_checksum(const Bytes& bytes, size_t ip) {
    const size_t from = ip + ip_header_size(bytes, ip), to = ip_end(bytes, ip);
    const uint32_t pseudo =
        sum(bytes, ip + 12, ip + 20) + bytes[ip + 9] + static_cast<uint32_t>(to - from);
    return complement(pseudo + sum(bytes, from, to));
}

Bytes build(const Ip& ip, uint8_t protocol, const Bytes& payload, const Ethernet& ethernet) {
    Bytes bytes(ethernet.destination.begin(), ethernet.destination.end());
    bytes.insert(bytes.end(), ethernet.source.begin(), ethernet.source.end());
    put16(bytes, ethernet.type);
    bytes.push_back(static_cast<uint8_t>(0x45 + ip.options.size() / 4));
    bytes.push_back(ip.tos);
    put16(bytes, static_cast<uint16_t>(20 + ip.options.size() + payload.size()));
    put16(bytes, ip.id);
    put16(bytes, static_cast<uint16_t>((ip.dont_fragment ? 0x4000 : 0) |
                                       (ip.more_fragments ? 0x2000 : 0) | ip.fragment_offset));
    bytes.push_back(ip.ttl);
    bytes.push_back(protocol);
    put16(bytes, 0);
    bytes.insert(bytes.end(), ip.source.bytes.begin(), ip.source.bytes.begin() + 4);
    bytes.insert(bytes.end(), ip.destination.bytes.begin(), ip.destination.bytes.begin() + 4);
    bytes.insert(bytes.end(), ip.options.begin(), ip.options.end());
    set16(bytes, ethernet_size + 10,
          complement(sum(bytes, ethernet_size, ethernet_size + 20 + ip.options.size())));
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

}  // namespace

Bytes frame(const Ip& ip, uint8_t protocol, const Bytes& payload, const Ethernet& ethernet) {
    return build(ip, protocol, payload, ethernet);
}

Bytes frame(const Ip& ip, const Tcp& tcp, const std::string& payload, const Ethernet& ethernet) {
    Bytes segment;
    put16(segment, tcp.source_port);
    put16(segment, tcp.destination_port);
    segment.insert(segment.end(), {0, 0, 0, 1, 0, 0, 0, 2, 0x50, tcp.flags, 0x20, 0, 0, 0, 0, 0});
    segment.insert(segment.end(), payload.begin(), payload.end());
    Bytes bytes = build(ip, 6, segment, ethernet);
    set16(bytes, ethernet_size + 20 + ip.options.size() + 16,
          transport_checksum(bytes, ethernet_size));
    return bytes;
}

Bytes frame(const Ip& ip, const Udp& udp, const std::string& payload, const Ethernet& ethernet) {
    Bytes datagram;
    put16(datagram, udp.source_port);
    put16(datagram, udp.destination_port);
    put16(datagram, static_cast<uint16_t>(8 + payload.size()));
    put16(datagram, 0);
    datagram.insert(datagram.end(), payload.begin(), payload.end());
    Bytes bytes = build(ip, 17, datagram, ethernet);
    if (!udp.checksum) return bytes;
    const uint16_t checksum = transport_checksum(bytes, ethernet_size);
    set16(bytes, ethernet_size + 20 + ip.options.size() + 6, checksum ? checksum : 0xffff);
    return bytes;
}

Bytes tunnelled(const Ip& outer, const Bytes& inner) {
    Ethernet ethernet;
    std::copy_n(inner.begin(), 6, ethernet.destination.begin());
    std::copy_n(inner.begin() + 6, 6, ethernet.source.begin());
    return build(outer, 4, {inner.begin() + ethernet_size, inner.end()}, ethernet);
}

namespace {

std::string ip_fault(const Bytes& bytes, size_t ip) {
    const size_t header = ip_header_size(bytes, ip);
    if (complement(sum(bytes, ip, ip + header)) != 0) return "wrong IP header checksum";
    if (ip_end(bytes, ip) > bytes.size()) return "IP length beyond the frame";
    const size_t transport = ip + header;
    switch (bytes[ip + 9]) {
        case 4:
            return ip_fault(bytes, transport);
        case 6:
            return transport_checksum(bytes, ip) ? "wrong TCP checksum" : "";
        case 17:
            if (get16(bytes, transport + 6) == 0) return "";
            return transport_checksum(bytes, ip) ? "wrong UDP checksum" : "";
        default:
            return "";
    }
}

}  // namespace

std::string checksum_fault(const Bytes& frame) {
    return ip_fault(frame, ethernet_size);
}

std::string describe(const Bytes& frame) {
    std::ostringstream text;
    const auto mac = [&](size_t at) {
        for (size_t i = at; i < at + 6; ++i)
            text << std::hex << int{frame[i]} << (i < at + 5 ? ":" : " ");
        text << std::dec;
    };
    if (frame.size() < ethernet_size + 20) return std::to_string(frame.size()) + " bytes";
    text << "to ";
    mac(0);
    text << "from ";
    mac(6);
    for (size_t ip = ethernet_size; ip + 20 <= frame.size();) {
        const auto address = [&](size_t at) {
            return model::Address::ipv4(frame[at], frame[at + 1], frame[at + 2], frame[at + 3])
                .to_string();
        };
        text << address(ip + 12) << " > " << address(ip + 16) << " ttl " << int{frame[ip + 8]}
             << " tos " << int{frame[ip + 1]} << " len " << get16(frame, ip + 2) << " proto "
             << int{frame[ip + 9]};
        const size_t next = ip + ip_header_size(frame, ip);
        if (frame[ip + 9] != 4) {
            if (next + 4 <= frame.size())
                text << " ports " << get16(frame, next) << " > " << get16(frame, next + 2);
            break;
        }
        text << " [ ";
        ip = next;
    }
    text << ", " << frame.size() << " bytes";
    return text.str();
}

}  // namespace turnout::test
