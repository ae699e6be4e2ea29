// Lowers the MSS that a real server tells its clients, so that what they send fits into the tunnel.
//
// At tc egress: a SYN or SYN-ACK from the virtual address whose MSS option says more than the limit
// says the limit.  Everything else passes untouched: also what says less, nothing or nonsense, and
// IPv6 packets with extension headers.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "bpf/decap/ip.hpp"
#include "bpf/decap/settings.hpp"
#include "bpf/decap/tunnel.hpp"

using namespace turnout;
using namespace turnout::bpf;
using namespace turnout::bpf::decap;

// The TCP options that are still to be looked at, and the MSS option among those that were.
// Offsets are those of Ip.
struct Search {
    const __sk_buff* packet;
    uint32_t begin;
    uint32_t end;
    uint32_t mss;  // 0: there is none
};

TURNOUT_INLINE bool read_from_virtual_address(const __sk_buff* packet, Ip& ip) {
    const be16 type = {static_cast<uint16_t>(packet->protocol)};
    const abi::Family family = family_of(type);
    return family != abi::Family::none && read_ip(packet, family, 0, length_of(packet), ip) &&
           !ip.is_part && is_virtual_address(ip.family, ip.source);
}

TURNOUT_INLINE bool read_syn(const __sk_buff* packet, const Ip& ip, Search& options) {
    TcpHeader tcp = {};
    if (!is(ip.protocol, IpProtocol::tcp) || !read(packet, ip.payload, tcp)) return false;
    options = {.packet = packet,
               .begin = ip.payload + static_cast<uint32_t>(sizeof tcp),
               .end = ip.payload + header_length(tcp),
               .mss = forgotten(0, packet->len)};
    return (tcp.flags & tcp_flag::syn) != 0 && options.end <= ip.end;
}

// What begins less than an MSS option's length before the end is none.
static long look_at_option([[maybe_unused]] uint32_t index, Search* options) {
    TcpOption option = {};
    if (options->begin + sizeof(TcpMssOption) > options->end) return 1;
    if (!read(options->packet, options->begin, option)) return 1;
    if (option.kind == tcp_option::end) return 1;
    if (option.kind == tcp_option::filler) {
        options->begin += 1;
        return 0;
    }
    if (option.length < sizeof option) return 1;
    if (option.kind == tcp_option::mss && option.length == sizeof(TcpMssOption)) {
        options->mss = options->begin;
        return 1;
    }
    options->begin += option.length;
    return 0;
}

// The checksum's words begin at even offsets: a value at an odd one is the end of a word and the
// beginning of the next.  Where the checksum is left to the network card, the kernel leaves it so.
TURNOUT_INLINE void amend_checksum(__sk_buff* packet, const Ip& ip, uint32_t offset, be16 from,
                                   be16 to) {
    const uint32_t field = ETH_HLEN + ip.payload + checksum_field(ip.protocol);
    const bool odd = (offset - ip.payload) % 2 != 0;
    l4_csum_replace(packet, field, odd ? swap_bytes(from.raw) : from.raw,
                    odd ? swap_bytes(to.raw) : to.raw, sizeof from);
}

// The value first: once that is written, the header is ours to write, and the checksum cannot fail.
TURNOUT_INLINE void lower(__sk_buff* packet, const Ip& ip, uint32_t option) {
    const uint32_t offset = option + static_cast<uint32_t>(sizeof(TcpOption));
    const be16 most = {settings.number.raw};
    be16 told = {};
    if (!read(packet, offset, told) || to_host(told) <= to_host(most)) return;
    // No BPF_F_RECOMPUTE_CSUM: to the sum of the whole the two changes together are none.
    if (skb_store_bytes(packet, ETH_HLEN + offset, &most, sizeof most, 0) == 0)
        amend_checksum(packet, ip, offset, told, most);
}

extern "C" [[gnu::section("tc"), gnu::used]] int turnout_clamp(__sk_buff* packet) {
    Ip ip = {};
    Search options = {};
    if (!read_from_virtual_address(packet, ip)) return TC_ACT_UNSPEC;
    if (!read_syn(packet, ip, options)) return TC_ACT_UNSPEC;
    loop(tcp_option::most_bytes, look_at_option, &options);
    if (options.mss != 0) lower(packet, ip, options.mss);
    return TC_ACT_UNSPEC;
}

extern "C" [[gnu::section("license"), gnu::used]] const char clamp_license[] = "Dual MIT/GPL";
