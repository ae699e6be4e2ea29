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

constexpr uint8_t icmp_protocol = 1, ipv4_in_ip = 4, tcp_protocol = 6, udp_protocol = 17,
                  ipv6_in_ip = 41, fragment_extension = 44, gre_protocol = 47, icmpv6_protocol = 58,
                  sctp_protocol = 132;

// Where things stand in a packet whose IP header is at `ip`.
struct View {
    const Bytes& bytes;
    size_t ip;

    bool is_ipv6() const { return bytes[ip] >> 4 == 6; }
    size_t header_size() const { return is_ipv6() ? 40 : (bytes[ip] & 15u) * 4u; }
    size_t end() const {
        return ip + get16(bytes, ip + (is_ipv6() ? 4 : 2)) + (is_ipv6() ? 40 : 0);
    }
    size_t addresses() const { return ip + (is_ipv6() ? 8 : 12); }
    size_t address_size() const { return is_ipv6() ? 16 : 4; }

    // No checksum covers a fragment alone.
    bool is_fragment() const {
        if (is_ipv6()) return bytes[ip + 6] == fragment_extension;
        return get16(bytes, ip + 6) & 0x3fff;
    }

    static bool is_extension(uint8_t type) { return type == 0 || type == 43 || type == 60; }
    // The protocol that the packet carries, and where it begins.
    std::pair<uint8_t, size_t> transport() const {
        uint8_t type = bytes[ip + (is_ipv6() ? 6 : 9)];
        size_t at = ip + header_size();
        while (is_ipv6() && is_extension(type)) {
            type = bytes[at];
            at += (bytes[at + 1] + 1u) * 8;
        }
        return {type, at};
    }
};

uint16_t transport_checksum(const View& packet) {
    const auto [protocol, from] = packet.transport();
    const size_t addresses = packet.addresses();
    const uint32_t pseudo = sum(packet.bytes, addresses, addresses + 2 * packet.address_size()) +
                            protocol + static_cast<uint32_t>(packet.end() - from);
    return complement(pseudo + sum(packet.bytes, from, packet.end()));
}

// RFC 9260, appendix A: the polynomial goes over the packet with a checksum of 0, lowest bit of
// each byte first.
uint32_t sctp_checksum(const View& packet) {
    const size_t from = packet.transport().second;
    uint32_t crc = 0xffffffff;
    for (size_t at = from; at < packet.end(); ++at) {
        const bool in_checksum = at >= from + 8 && at < from + 12;
        crc ^= in_checksum ? 0u : packet.bytes[at];
        for (int bit = 0; bit < 8; ++bit) crc = crc % 2 ? crc / 2 ^ 0x82f63b78 : crc / 2;
    }
    return ~crc;
}

// The field as it stands.
uint32_t sctp_checksum_in(const View& packet) {
    const size_t field = packet.transport().second + 8;
    uint32_t checksum = 0;
    for (size_t i = 0; i < 4; ++i)
        checksum |= static_cast<uint32_t>(packet.bytes[field + i]) << 8 * i;
    return checksum;
}

uint16_t icmp_checksum(const View& packet) {
    if (packet.is_ipv6()) return transport_checksum(packet);
    return complement(sum(packet.bytes, packet.transport().second, packet.end()));
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
    set16(bytes, ethernet_size + 10,
          complement(sum(bytes, ethernet_size, ethernet_size + 20 + ip.options.size())));
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

void set_transport_checksum(Bytes& bytes, size_t field) {
    const View packet{bytes, ethernet_size};
    const auto [protocol, at] = packet.transport();
    const uint16_t checksum = transport_checksum(packet);
    set16(bytes, at + field, protocol == udp_protocol && !checksum ? 0xffff : checksum);
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
    Bytes bytes = build(ip, tcp_protocol, segment, ethernet);
    set_transport_checksum(bytes, 16);
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
    if (udp.checksum) set_transport_checksum(bytes, 6);
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
    const View view{made, ethernet_size};
    const uint32_t checksum = sctp_checksum(view);
    const size_t field = view.transport().second + 8;
    for (size_t i = 0; i < 4; ++i) made[field + i] = static_cast<uint8_t>(checksum >> 8 * i);
    return made;
}

Bytes frame(const Ip& ip, const Icmp& icmp, const Bytes& about, const Ethernet& ethernet) {
    Bytes message{icmp.type, icmp.code, 0, 0};
    put16(message, static_cast<uint16_t>(icmp.parameter >> 16));
    put16(message, static_cast<uint16_t>(icmp.parameter));
    const size_t quoted = std::min(View{about, ethernet_size}.header_size() + icmp.quoted,
                                   about.size() - ethernet_size);
    message.insert(message.end(), about.begin() + ethernet_size,
                   about.begin() + static_cast<long>(ethernet_size + quoted));
    const bool ipv6 = ip.source.family == model::Family::ipv6;
    Bytes bytes = build(ip, ipv6 ? icmpv6_protocol : icmp_protocol, message, ethernet);
    set16(bytes, View{bytes, ethernet_size}.transport().second + 2,
          icmp_checksum({bytes, ethernet_size}));
    return bytes;
}

std::vector<Bytes> fragments(const Bytes& whole, size_t bytes) {
    const View packet{whole, ethernet_size};
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
            set16(part, ethernet_size + 6, static_cast<uint16_t>((more ? 0x2000 : 0) | offset / 8));
            set16(part, ethernet_size + 10, 0);
            set16(part, ethernet_size + 10,
                  complement(sum(part, ethernet_size, static_cast<size_t>(header))));
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
    if (gue && kind.flags) set_transport_checksum(bytes, 6);
    return bytes;
}

namespace {

// Where the packet inside begins, in a tunnel's packet; else nothing.
std::optional<size_t> inside(const View& packet) {
    const auto [protocol, at] = packet.transport();
    const Bytes& bytes = packet.bytes;
    if (protocol == ipv4_in_ip || protocol == ipv6_in_ip) return at;
    if (protocol == gre_protocol) return at + (bytes[at] & 0x80 ? 8 : 4);
    if (protocol == udp_protocol && get16(bytes, at + 2) == gue_port) return at + 12;
    return {};
}

std::string one_ip_fault(const View& packet) {
    const Bytes& bytes = packet.bytes;
    const size_t header = packet.ip + packet.header_size();
    if (!packet.is_ipv6() && complement(sum(bytes, packet.ip, header)) != 0)
        return "wrong IP header checksum";
    if (packet.end() > bytes.size()) return "IP length beyond the frame";
    if (packet.is_fragment()) return "";
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
    const std::string fault = one_ip_fault(packet);
    const auto inner = packet.is_fragment() ? std::nullopt : inside(packet);
    return !fault.empty() || !inner ? fault : ip_fault({packet.bytes, *inner});
}

}  // namespace

bool is_gue(const Bytes& frame) {
    const auto [protocol, at] = View{frame, ethernet_size}.transport();
    return protocol == udp_protocol && get16(frame, at + 2) == gue_port;
}

std::string checksum_fault(const Bytes& frame) {
    return ip_fault({frame, ethernet_size});
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
    if (packet.ip + 20 > bytes.size() || packet.ip + packet.header_size() > bytes.size()) return "";
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
    if (const auto inner = inside(packet)) text << " [ " << packet_text({bytes, *inner});
    return text.str();
}

}  // namespace

std::string describe(const Bytes& frame) {
    const std::string size = std::to_string(frame.size()) + " bytes";
    if (frame.size() < ethernet_size + 20) return size;
    return "to " + mac_text(frame, 0) + " from " + mac_text(frame, 6) + " " +
           packet_text({frame, ethernet_size}) + ", " + size;
}

}  // namespace turnout::test
