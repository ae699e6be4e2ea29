// The complete lane: the pipeline over a socket buffer at tc ingress.
//
// It can ask for routes, have neighbours resolved, carry super-packets and checksums left to the
// hardware, and answer a sender: whatever the fast lane passed on is finished here.
#pragma once

#include <linux/pkt_cls.h>

#include "bpf/replace.hpp"
#include "bpf/tables_env.hpp"
#include "path/pipeline.hpp"

namespace turnout::bpf {

// Rare parts of the way as functions of their own, for the room they take on the stack and in the
// verifier.
extern "C" {
int turnout_route(__sk_buff* packet, const turnout::abi::Address* to, uint8_t family,
                  turnout::Route* route);
int turnout_read_call(__sk_buff* packet, turnout::Opening* opening, uint32_t offset);
int turnout_tc_parse_icmp(__sk_buff* context, turnout::Packet* packet);
int turnout_tc_parse_sctp(__sk_buff* context, turnout::Packet* packet);
int turnout_tc_amend_sctp(__sk_buff* context, const turnout::Packet* packet, uint8_t direction,
                          const turnout::Rewrite* rewrite);
int turnout_tc_rewrite_icmp_error(__sk_buff* context, const turnout::Packet* packet,
                                  uint8_t direction, const turnout::Rewrite* rewrite);
int turnout_tc_turn_into_error(__sk_buff* context, const turnout::Packet* packet,
                               const turnout::IcmpError* error, const turnout::abi::Address* from);
uint32_t turnout_tc_relay_tunnel_error(__sk_buff* context, turnout::Packet* packet,
                                       uint32_t server);
int turnout_tc_send_in_pieces(__sk_buff* context, uint32_t mtu, const turnout::abi::Neighbour* to,
                              uint8_t tunnel, uint8_t unsummed);
int turnout_tc_note_sequences(__sk_buff* context, const turnout::Packet* packet, uint32_t location);
uint32_t turnout_tc_help_request(__sk_buff* context, const turnout::Packet* packet,
                                 uint32_t location);
uint64_t turnout_tc_help_reply(__sk_buff* context, const turnout::Packet* packet,
                               uint32_t location);
uint32_t turnout_tc_splice(__sk_buff* context, const turnout::Packet* packet, uint32_t location,
                           uint32_t index);
int turnout_expect_data(uint32_t location);
int turnout_tc_hold_fragment(__sk_buff* context, const turnout::Packet* packet, uint32_t now);
int turnout_tc_release_fragments(__sk_buff* context, const turnout::Packet* packet, uint32_t count);
int turnout_tc_wrap(__sk_buff* context, const turnout::Packet* packet, uint32_t server,
                    uint32_t in_pieces);
uint64_t turnout_tc_sum(__sk_buff* context, uint32_t offset, uint32_t bytes);
}

inline constexpr uint32_t loopback = 1;  // ifindex of `lo` in every network namespace

TURNOUT_INLINE Mac mac_of(const uint8_t (&bytes)[6]) {
    Mac mac;
    __builtin_memcpy(&mac, bytes, sizeof mac);
    return mac;
}

TURNOUT_INLINE bool ask_kernel_for_route(__sk_buff* packet, const abi::Address& to,
                                         abi::Family family, Route& route) {
    bpf_fib_lookup request{};
    request.family = static_cast<uint8_t>(family);
    __builtin_memcpy(request.ipv6_dst, &to, sizeof to);  // where IPv4's stands as well
    // As the kernel routes what it sends itself: so IPVS does, and so it works on a director that
    // forwards nothing else (the daemon lets `lo` forward).
    request.ifindex = loopback;
    request.tot_len = 1;  // asks for the route's MTU
    const long answer = fib_lookup(packet, &request, sizeof request, 0);
    if (answer != BPF_FIB_LKUP_RET_SUCCESS && answer != BPF_FIB_LKUP_RET_NO_NEIGH) return false;
    route.neighbour.interface = request.ifindex;
    route.neighbour.mtu = answer == BPF_FIB_LKUP_RET_SUCCESS ? request.mtu_result : 0;
    route.neighbour.destination = mac_of(request.dmac);
    route.neighbour.source = mac_of(request.smac);
    __builtin_memcpy(&route.next_hop, request.ipv6_dst, sizeof route.next_hop);
    route.family = static_cast<abi::Family>(request.family);
    route.neighbour_known = answer == BPF_FIB_LKUP_RET_SUCCESS;
    return true;
}

class TcEnv : public TablesEnv {
  public:
    TURNOUT_INLINE explicit TcEnv(__sk_buff* packet) : packet_(packet) {}

    TURNOUT_INLINE static constexpr bool is_complete() { return true; }
    TURNOUT_INLINE bool is_outgoing() const { return packet_->ingress_ifindex == 0; }

    TURNOUT_INLINE Window window() const {
        // Read by assembly: see XdpEnv::window().
        Window window;
        asm volatile(
            "%[begin] = *(u32*)(%[packet] + %[data])\n"
            "%[end] = *(u32*)(%[packet] + %[data_end])"
            : [begin] "=&r"(window.begin), [end] "=r"(window.end)
            : [packet] "r"(packet_), [data] "i"(offsetof(__sk_buff, data)),
              [data_end] "i"(offsetof(__sk_buff, data_end)));
        return window;
    }
    TURNOUT_INLINE uint32_t length() const { return packet_->len; }
    TURNOUT_INLINE bool has(uint32_t bytes) const { return bytes <= length(); }
    TURNOUT_INLINE uint32_t segment_size() const { return packet_->gso_size; }

    TURNOUT_INLINE uint32_t mark() const { return packet_->mark; }
    TURNOUT_INLINE void read_call(uint32_t offset, Opening& opening) const {
        turnout_read_call(packet_, &opening, offset);
    }
    TURNOUT_INLINE bool byte(uint32_t offset, uint8_t& c) const {
        return skb_load_bytes(packet_, offset, &c, 1) == 0;
    }
    TURNOUT_INLINE bool parse_icmp(Packet& packet) const {
        return turnout_tc_parse_icmp(packet_, &packet) != 0;
    }
    TURNOUT_INLINE bool parse_sctp(Packet& packet) const {
        return turnout_tc_parse_sctp(packet_, &packet) != 0;
    }
    TURNOUT_INLINE bool amend_sctp(const Packet& packet, Direction direction,
                                   const Rewrite& rewrite) const {
        return turnout_tc_amend_sctp(packet_, &packet, static_cast<uint8_t>(direction), &rewrite) !=
               0;
    }
    TURNOUT_INLINE bool rewrite_icmp_error(const Packet& packet, Direction direction,
                                           const Rewrite& rewrite) const {
        return turnout_tc_rewrite_icmp_error(packet_, &packet, static_cast<uint8_t>(direction),
                                             &rewrite) != 0;
    }
    TURNOUT_INLINE bool send_in_pieces(uint32_t mtu, const abi::Neighbour* to, abi::Family tunnel,
                                       uint8_t unsummed) const {
        return turnout_tc_send_in_pieces(packet_, mtu, to, static_cast<uint8_t>(tunnel),
                                         unsummed) != 0;
    }
    TURNOUT_INLINE void note_sequences(const Packet& packet, Location location) const {
        turnout_tc_note_sequences(packet_, &packet, location);
    }
    TURNOUT_INLINE Help help_request(const Packet& packet, Location location) const {
        return {static_cast<Helped>(turnout_tc_help_request(packet_, &packet, location)), 0};
    }
    TURNOUT_INLINE Help help_reply(const Packet& packet, Location location) const {
        const uint64_t packed = turnout_tc_help_reply(packet_, &packet, location);
        return {static_cast<Helped>(packed & 0xffffffff), static_cast<uint32_t>(packed >> 32)};
    }
    TURNOUT_INLINE uint32_t splice(const Packet& packet, Location location, uint32_t index) const {
        return turnout_tc_splice(packet_, &packet, location, index);
    }
    TURNOUT_INLINE void expect_data(Location location) const { turnout_expect_data(location); }
    TURNOUT_INLINE bool replace(uint32_t offset, uint32_t removed, const abi::AddressText& text,
                                uint32_t inserted, uint32_t end) const {
        return replace_bytes(packet_, offset, removed, text, inserted, end);
    }
    TURNOUT_INLINE bool hold_fragment(const Packet& packet, abi::Tick now) const {
        return turnout_tc_hold_fragment(packet_, &packet, now) != 0;
    }
    TURNOUT_INLINE bool release_fragments(const Packet& packet, uint32_t count) const {
        return turnout_tc_release_fragments(packet_, &packet, count) != 0;
    }
    TURNOUT_INLINE bool turn_into_error(const Packet& packet, const IcmpError& error,
                                        const abi::Address& from) const {
        return turnout_tc_turn_into_error(packet_, &packet, &error, &from) != 0;
    }
    TURNOUT_INLINE Relayed relay_tunnel_error(Packet& packet, uint32_t server) const {
        return static_cast<Relayed>(turnout_tc_relay_tunnel_error(packet_, &packet, server));
    }
    // The Internet checksum's sum over so many bytes of the packet.
    TURNOUT_INLINE uint64_t sum(uint32_t offset, uint32_t bytes) const {
        return turnout_tc_sum(packet_, offset, bytes);
    }
    TURNOUT_INLINE bool trim(uint32_t bytes) const {
        return bytes >= packet_->len || skb_change_tail(packet_, bytes, 0) == 0;
    }
    TURNOUT_INLINE bool pull(uint32_t bytes) const {
        return skb_adjust_room(packet_, -static_cast<int32_t>(bytes), BPF_ADJ_ROOM_MAC, 0) == 0;
    }
    TURNOUT_INLINE bool route(const abi::Address& to, abi::Family family, Route& route) const {
        return turnout_route(packet_, &to, static_cast<uint8_t>(family), &route) != 0;
    }

    TURNOUT_INLINE static bool can_transmit(uint32_t) { return true; }

    TURNOUT_INLINE bool amend_checksum(uint32_t offset, uint64_t address_diff, uint64_t port_diff,
                                       bool optional) const {
        const uint64_t mark = optional ? BPF_F_MARK_MANGLED_0 : 0;
        if (l4_csum_replace(packet_, offset, 0, half(address_diff), mark | BPF_F_PSEUDO_HDR) != 0)
            return false;
        // What the kernel would have to be asked for once more: most services keep the port.
        constexpr uint64_t same_port = 0xffff;
        return port_diff == same_port ||
               l4_csum_replace(packet_, offset, 0, half(port_diff), mark) == 0;
    }
    // The kernel amends a checksum, but not one that it has yet to compute: so it tells.
    TURNOUT_INLINE bool is_left_to_hardware(uint32_t offset) const {
        if (l4_csum_replace(packet_, offset, 0, 1, 0) != 0) return true;
        auto* checksum = header_at<be16>(window(), offset);
        const bool left = !checksum || checksum->raw == 0;
        if (checksum) checksum->raw = 0;
        return left;
    }
    TURNOUT_INLINE void note_written(uint64_t diff) const { csum_update(packet_, half(diff)); }
    TURNOUT_INLINE bool push(uint32_t bytes, abi::Family family, abi::TunnelType type) const {
        return skb_adjust_room(packet_, static_cast<int32_t>(bytes), BPF_ADJ_ROOM_MAC,
                               outer_headers(family, type)) == 0;
    }
    TURNOUT_INLINE bool wrap(const Packet& packet, uint32_t server, bool in_pieces) const {
        return turnout_tc_wrap(packet_, &packet, server, in_pieces) != 0;
    }

    TURNOUT_INLINE Verdict transmit(const abi::Neighbour& to) {
        auto* ethernet = header_at<EthernetHeader>(window(), 0);
        if (!ethernet) return Verdict::drop;
        ethernet->destination = to.destination;
        ethernet->source = to.source;
        note_done();
        action_ = static_cast<int>(redirect(to.interface, 0));
        return Verdict::transmit;
    }
    TURNOUT_INLINE Verdict transmit_resolving(const Route& route) {
        note_done();
        bpf_redir_neigh next{};
        next.nh_family = static_cast<uint32_t>(route.family);
        __builtin_memcpy(next.ipv6_nh, &route.next_hop, sizeof next.ipv6_nh);
        action_ =
            static_cast<int>(redirect_neigh(route.neighbour.interface, &next, sizeof next, 0));
        return Verdict::transmit;
    }

    // What does not pass to the host as it came in takes the way of all that it sends to itself, by
    // `lo`, which the daemon lets have packets of its own addresses.
    TURNOUT_INLINE Verdict hand_to_host(Direction direction) {
        if (direction == Direction::request && !is_outgoing()) return Verdict::pass;
        packet_->tc_index = done;
        return come_in_by_loopback();
    }
    TURNOUT_INLINE Verdict come_in_by_loopback() {
        auto* ethernet = header_at<EthernetHeader>(window(), 0);
        if (!ethernet) return Verdict::drop;
        ethernet->destination = Mac{};
        action_ = static_cast<int>(redirect(loopback, BPF_F_INGRESS));
        return Verdict::transmit;
    }

    // Not bridged past us, not of another VLAN (its own interface will show it), not done before.
    TURNOUT_INLINE bool is_for_us() const {
        if (packet_->pkt_type != packet_host || packet_->vlan_present) return false;
        return !is_of_this_host() || packet_->tc_index != done;
    }
    TURNOUT_INLINE bool is_for_us(const EthernetHeader&) const { return is_for_us(); }

    // Drivers may leave headers outside the window.  Of SCTP packets that travel as one, only what
    // they have in common is in it, and has to be alone there: the kernel divides them by that.
    TURNOUT_INLINE void gather(uint32_t wanted) const {
        if (packet_->gso_size == divided_by_fragments) return;
        const Window w = window();
        if (packet_->len < wanted) wanted = packet_->len;
        if (static_cast<uint64_t>(w.end - w.begin) < wanted) skb_pull_data(packet_, wanted);
    }
    TURNOUT_INLINE void gather_headers() const { gather(headers); }

    TURNOUT_INLINE int action(Verdict verdict) const {
        switch (verdict) {
            case Verdict::pass:
                return TC_ACT_UNSPEC;  // other filters may follow
            case Verdict::drop:
                return TC_ACT_SHOT;
            case Verdict::transmit:
                break;
        }
        return action_;
    }

  private:
    // Packets of this host meet us where they go out and where they come in again.  When we are
    // done with one, this number says so, in a field that is for traffic control.
    static constexpr uint32_t done = 0x7475;
    TURNOUT_INLINE bool is_of_this_host() const { return packet_->ingress_ifindex <= loopback; }
    TURNOUT_INLINE void note_done() const {
        if (is_of_this_host()) packet_->tc_index = done;
    }

    static constexpr uint32_t packet_host = 0;
    static constexpr uint32_t divided_by_fragments = 0xffff;  // the kernel's GSO_BY_FRAGS
    static constexpr uint32_t headers = sizeof(EthernetHeader) + 60 + sizeof(TcpHeader);

    // What the room is for, so that super-packets can be cut up with all their headers.  The
    // segments are known to fit, and keep their size.
    TURNOUT_INLINE static uint64_t outer_headers(abi::Family family, abi::TunnelType type) {
        if (family == abi::Family::none) return 0;
        uint64_t headers = BPF_F_ADJ_ROOM_FIXED_GSO;
        headers |= family == abi::Family::ipv6 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV6
                                               : BPF_F_ADJ_ROOM_ENCAP_L3_IPV4;
        if (type == abi::TunnelType::gue) headers |= BPF_F_ADJ_ROOM_ENCAP_L4_UDP;
        if (type == abi::TunnelType::gre) headers |= BPF_F_ADJ_ROOM_ENCAP_L4_GRE;
        return headers;
    }

    // The kernel takes a difference of 32 bits.
    TURNOUT_INLINE static uint32_t half(uint64_t sum) {
        sum = (sum & 0xffffffff) + (sum >> 32);
        return static_cast<uint32_t>((sum & 0xffffffff) + (sum >> 32));
    }

    __sk_buff* packet_;
    int action_ = TC_ACT_UNSPEC;
};

}  // namespace turnout::bpf
