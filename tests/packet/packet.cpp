#include "packet/packet.hpp"

#include <algorithm>

#include "packet/view.hpp"

namespace turnout::test {
namespace {

void put16(Bytes& bytes, uint16_t value) {
    bytes.push_back(static_cast<uint8_t>(value >> 8));
    bytes.push_back(static_cast<uint8_t>(value));
}

void put32(Bytes& bytes, uint32_t value) {
    put16(bytes, static_cast<uint16_t>(value >> 16));
    put16(bytes, static_cast<uint16_t>(value));
}

void put_address(Bytes& bytes, const model::Address& address) {
    const long size = address.family == model::Family::ipv6 ? 16 : 4;
    bytes.insert(bytes.end(), address.bytes.begin(), address.bytes.begin() + size);
}

void put_ipv4_header(Bytes& bytes, const Ip& ip, uint8_t protocol, size_t payload) {
    bytes.push_back(static_cast<uint8_t>(0x45 + ip.options.size() / 4));
    bytes.push_back(ip.tos);
    put16(bytes, static_cast<uint16_t>(20 + ip.options.size() + payload));
    put16(bytes, ip.id);
    put16(bytes, static_cast<uint16_t>((ip.dont_fragment ? 0x4000 : 0) |
                                       (ip.more_fragments ? 0x2000 : 0) | ip.fragment_offset));
    bytes.push_back(ip.ttl);
    bytes.push_back(protocol);
    put16(bytes, 0);
    put_address(bytes, ip.source);
    put_address(bytes, ip.destination);
    bytes.insert(bytes.end(), ip.options.begin(), ip.options.end());
    set_header_checksum(bytes);
}

void put_ipv6_header(Bytes& bytes, const Ip& ip, uint8_t protocol, size_t payload) {
    for (const Extension& extension : ip.extensions) payload += 1 + extension.rest.size();
    put16(bytes, static_cast<uint16_t>(0x6000 | ip.tos << 4));
    put16(bytes, 0);
    put16(bytes, static_cast<uint16_t>(payload));
    bytes.push_back(ip.extensions.empty() ? protocol : ip.extensions.front().type);
    bytes.push_back(ip.ttl);
    put_address(bytes, ip.source);
    put_address(bytes, ip.destination);
    for (size_t i = 0; i < ip.extensions.size(); ++i) {
        const bool last = i + 1 == ip.extensions.size();
        bytes.push_back(last ? protocol : ip.extensions[i + 1].type);
        bytes.insert(bytes.end(), ip.extensions[i].rest.begin(), ip.extensions[i].rest.end());
    }
}

Bytes build(const Ip& ip, uint8_t protocol, const Bytes& payload, const Ethernet& ethernet) {
    const bool ipv6 = ip.source.family == model::Family::ipv6;
    Bytes bytes(ethernet.destination.begin(), ethernet.destination.end());
    bytes.insert(bytes.end(), ethernet.source.begin(), ethernet.source.end());
    put16(bytes, ethernet.type.value_or(ipv6 ? 0x86dd : 0x0800));
    (ipv6 ? put_ipv6_header : put_ipv4_header)(bytes, ip, protocol, payload.size());
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
    put32(segment, tcp.sequence);
    put32(segment, tcp.acknowledgement);
    const auto words = static_cast<uint8_t>(5 + tcp.options.size() / 4);
    const auto offset = static_cast<uint8_t>(words << 4);
    segment.insert(segment.end(), {offset, tcp.flags, 0x20, 0, 0, 0, 0, 0});
    segment.insert(segment.end(), tcp.options.begin(), tcp.options.end());
    segment.insert(segment.end(), payload.begin(), payload.end());
    Bytes bytes = build(ip, tcp_protocol, segment, ethernet);
    set_transport_checksum(bytes);
    return bytes;
}

Bytes frame(const Ip& ip, const Udp& udp, const std::string& payload, const Ethernet& ethernet) {
    Bytes datagram;
    put16(datagram, udp.source_port);
    put16(datagram, udp.destination_port);
    put16(datagram, static_cast<uint16_t>(8 + payload.size()));
    put16(datagram, 0);
    datagram.insert(datagram.end(), payload.begin(), payload.end());
    Bytes bytes = build(ip, udp_protocol, datagram, ethernet);
    if (udp.checksum) set_transport_checksum(bytes);
    return bytes;
}

Bytes frame(const Ip& ip, const Sctp& sctp, const std::string& payload, const Ethernet& ethernet) {
    Bytes bytes;
    put16(bytes, sctp.source_port);
    put16(bytes, sctp.destination_port);
    bytes.insert(bytes.end(), {0xca, 0xfe, 0, 1, 0, 0, 0, 0});
    std::string more = payload;
    for (const uint8_t type : sctp.chunks) {
        bytes.insert(bytes.end(), {type, 0});
        put16(bytes, static_cast<uint16_t>(4 + more.size()));
        bytes.insert(bytes.end(), more.begin(), more.end());
        while (bytes.size() % 4) bytes.push_back(0);
        more.clear();
    }
    Bytes made = build(ip, sctp_protocol, bytes, ethernet);
    set_transport_checksum(made);
    return made;
}

Bytes frame(const Ip& ip, const Icmp& icmp, const Bytes& about, const Ethernet& ethernet) {
    Bytes message{icmp.type, icmp.code, 0, 0};
    put16(message, static_cast<uint16_t>(icmp.parameter >> 16));
    put16(message, static_cast<uint16_t>(icmp.parameter));
    const size_t quoted =
        std::min(View{about}.header_size() + icmp.quoted, about.size() - ethernet_size);
    message.insert(message.end(), about.begin() + ethernet_size,
                   about.begin() + static_cast<long>(ethernet_size + quoted));
    const bool ipv6 = ip.source.family == model::Family::ipv6;
    Bytes bytes = build(ip, ipv6 ? icmpv6_protocol : icmp_protocol, message, ethernet);
    set_transport_checksum(bytes);
    return bytes;
}

std::vector<Bytes> fragments(const Bytes& whole, size_t bytes) {
    const View packet{whole};
    const bool ipv6 = packet.is_ipv6();
    const long header = static_cast<long>(ethernet_size + packet.header_size());
    std::vector<Bytes> made;
    for (size_t from = static_cast<size_t>(header); from < packet.end(); from += bytes) {
        const size_t to = std::min(from + bytes, packet.end());
        const bool more = to < packet.end();
        const auto offset = static_cast<uint16_t>(from - static_cast<size_t>(header));
        Bytes part(whole.begin(), whole.begin() + header);
        if (ipv6) {
            const uint8_t protocol = part[ethernet_size + 6];
            part[ethernet_size + 6] = fragment_extension;
            set16(part, ethernet_size + 4, static_cast<uint16_t>(8 + to - from));
            part.push_back(protocol);
            part.push_back(0);
            put16(part, static_cast<uint16_t>(offset | (more ? 1 : 0)));
            part.insert(part.end(), {0, 0, 0x12, 0x34});  // as Ip::id
        } else {
            set16(part, ethernet_size + 2, static_cast<uint16_t>(packet.header_size() + to - from));
            const int dont_fragment = whole[ethernet_size + 6] & 0x40 ? 0x4000 : 0;
            set16(part, ethernet_size + 6,
                  static_cast<uint16_t>(dont_fragment | (more ? 0x2000 : 0) | offset / 8));
            set_header_checksum(part);
        }
        part.insert(part.end(), whole.begin() + static_cast<long>(from),
                    whole.begin() + static_cast<long>(to));
        made.push_back(part);
    }
    return made;
}

namespace {

uint8_t ip_in_ip(const Bytes& inner) {
    return inner[ethernet_size] >> 4 == 6 ? ipv6_in_ip : ipv4_in_ip;
}

Bytes gue_headers(const Bytes& inner, const model::Tunnel& kind, uint16_t source) {
    Bytes headers;
    put16(headers, source);
    put16(headers, kind.port);
    put16(headers, static_cast<uint16_t>(12 + inner.size() - ethernet_size));
    put16(headers, 0);
    headers.insert(headers.end(), {0, ip_in_ip(inner), 0, 0});
    return headers;
}

Bytes gre_header(const Bytes& inner, const model::Tunnel& kind) {
    Bytes header{static_cast<uint8_t>(kind.flags == 1 ? 0x80 : 0), 0};
    header.insert(header.end(), inner.begin() + 12, inner.begin() + 14);
    if (kind.flags == 1) header.insert(header.end(), 4, 0);
    return header;
}

}  // namespace

Bytes tunnelled(const Ip& outer, const Bytes& inner, const model::Tunnel& kind,
                uint16_t gue_source) {
    Ethernet ethernet;
    std::copy_n(inner.begin(), 6, ethernet.destination.begin());
    std::copy_n(inner.begin() + 6, 6, ethernet.source.begin());
    const bool gue = kind.type == model::TunnelType::gue, gre = kind.type == model::TunnelType::gre;
    Bytes payload = gue   ? gue_headers(inner, kind, gue_source)
                    : gre ? gre_header(inner, kind)
                          : Bytes{};
    payload.insert(payload.end(), inner.begin() + ethernet_size, inner.end());
    if (gre && kind.flags == 1) set16(payload, 4, complement(sum(payload, 0, payload.size())));
    const uint8_t protocol = gue ? udp_protocol : gre ? gre_protocol : ip_in_ip(inner);
    Bytes bytes = build(outer, protocol, payload, ethernet);
    if (gue && kind.flags) set_transport_checksum(bytes);
    return bytes;
}

}  // namespace turnout::test
