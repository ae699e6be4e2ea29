#include "packet/view.hpp"

namespace turnout::test {
namespace {

bool is_extension(uint8_t type) {
    return type == 0 || type == 43 || type == 60;
}

// Bytes that a transport's header has at least.
size_t least_header(uint8_t protocol) {
    switch (protocol) {
        case tcp_protocol:
            return 20;
        case sctp_protocol:
            return 12;
        case udp_protocol:
        case icmp_protocol:
        case icmpv6_protocol:
        case gre_protocol:
        case fragment_extension:
            return 8;
        default:
            return 0;
    }
}

}  // namespace

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

bool View::whole() const {
    if (ip + 20 > bytes.size()) return false;
    const unsigned version = bytes[ip] >> 4;
    if (version != 6 && (version != 4 || header_size() < 20)) return false;
    if (ip + header_size() > bytes.size() || end() > bytes.size()) return false;
    if (end() < ip + header_size()) return false;
    const auto [protocol, at] = transport();
    const bool later = !is_ipv6() && get16(bytes, ip + 6) & 0x1fff;
    return at + (later ? 0 : least_header(protocol)) <= end();
}

std::pair<uint8_t, size_t> View::transport() const {
    uint8_t type = bytes[ip + (is_ipv6() ? 6 : 9)];
    size_t at = ip + header_size();
    while (is_ipv6() && at + 8 <= bytes.size()) {
        // A fragment header may stand in a packet that is in one piece (RFC 6946).
        const bool in_one_piece =
            type == fragment_extension && (get16(bytes, at + 2) & 0xfff9) == 0;
        if (!is_extension(type) && !in_one_piece) break;
        type = bytes[at];
        at += in_one_piece ? 8 : (bytes[at + 1] + 1u) * 8;
    }
    return {type, at};
}

std::optional<size_t> View::inside() const {
    if (is_fragment()) return {};
    const auto [protocol, at] = transport();
    if (protocol == ipv4_in_ip || protocol == ipv6_in_ip) return at;
    if (protocol == gre_protocol) return at + (bytes[at] & 0x80 ? 8 : 4);
    if (protocol == udp_protocol && get16(bytes, at + 2) == gue_port) return at + 12;
    return {};
}

uint16_t transport_checksum(const View& packet) {
    const auto [protocol, from] = packet.transport();
    const size_t addresses = packet.addresses();
    const uint32_t pseudo = sum(packet.bytes, addresses, addresses + 2 * packet.address_size()) +
                            protocol + static_cast<uint32_t>(packet.end() - from);
    return complement(pseudo + sum(packet.bytes, from, packet.end()));
}

uint16_t icmp_checksum(const View& packet) {
    if (packet.is_ipv6()) return transport_checksum(packet);
    return complement(sum(packet.bytes, packet.transport().second, packet.end()));
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

uint32_t sctp_checksum_in(const View& packet) {
    const size_t field = packet.transport().second + 8;
    uint32_t checksum = 0;
    for (size_t i = 0; i < 4; ++i)
        checksum |= static_cast<uint32_t>(packet.bytes[field + i]) << 8 * i;
    return checksum;
}

void set_transport_checksum(Bytes& frame) {
    const View packet{frame};
    const auto [protocol, at] = packet.transport();
    const auto set = [&](size_t field, const auto& checksum) {
        set16(frame, field, 0);
        set16(frame, field, checksum(packet));
    };
    switch (protocol) {
        case tcp_protocol:
            return set(at + 16, transport_checksum);
        case udp_protocol:
            set(at + 6, transport_checksum);
            if (get16(frame, at + 6) == 0) set16(frame, at + 6, 0xffff);  // 0 would mean none
            return;
        case icmp_protocol:
        case icmpv6_protocol:
            return set(at + 2, icmp_checksum);
        case sctp_protocol: {
            const uint32_t checksum = sctp_checksum(packet);
            for (size_t i = 0; i < 4; ++i)
                frame[at + 8 + i] = static_cast<uint8_t>(checksum >> 8 * i);
        }
    }
}

void set_header_checksum(Bytes& frame) {
    set16(frame, ethernet_size + 10, 0);
    set16(frame, ethernet_size + 10,
          complement(sum(frame, ethernet_size, ethernet_size + View{frame}.header_size())));
}

}  // namespace turnout::test
