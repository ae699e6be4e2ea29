// The fast lane: the pipeline over an XDP frame.
//
// It finishes what needs nothing but rewriting and a known neighbour, and passes on everything
// else untouched, for the complete lane behind it.
#pragma once

#include "bpf/tables_env.hpp"
#include "path/amend.hpp"
#include "path/pipeline.hpp"

namespace turnout::bpf {

// See tc_lane.hpp.
extern "C" {
int turnout_xdp_parse_icmp(xdp_md* context, turnout::Packet* packet);
int turnout_xdp_parse_sctp(xdp_md* context, turnout::Packet* packet);
int turnout_xdp_amend_sctp(xdp_md* context, const turnout::Packet* packet, uint8_t direction,
                           const turnout::Rewrite* rewrite);
int turnout_xdp_rewrite_icmp_error(xdp_md* context, const turnout::Packet* packet,
                                   uint8_t direction, const turnout::Rewrite* rewrite);
int turnout_xdp_note_sequences(xdp_md* context, const turnout::Packet* packet, uint32_t location);
int turnout_xdp_wrap(xdp_md* context, const turnout::Packet* packet, uint32_t server,
                     uint32_t in_pieces);
}

// MAC addresses as larger numbers than their alignment promises to a compiler: the processors that
// Linux's verifier lets programs do so on do not mind.
TURNOUT_INLINE void write_addresses(EthernetHeader& ethernet, const abi::Neighbour& to) {
    static_assert(offsetof(abi::Neighbour, destination) % 8 == 0 &&
                  offsetof(abi::Neighbour, source) == offsetof(abi::Neighbour, destination) + 6);
    const auto* both = static_cast<const uint8_t*>(__builtin_assume_aligned(&to.destination, 8));
    uint64_t first;
    uint32_t rest;
    __builtin_memcpy(&first, both, sizeof first);
    __builtin_memcpy(&rest, both + sizeof first, sizeof rest);
    asm volatile(
        "*(u64*)(%[to] + 0) = %[first]\n"
        "*(u32*)(%[to] + 8) = %[rest]"
        :
        : [to] "r"(&ethernet), [first] "r"(first), [rest] "r"(rest)
        : "memory");
}

TURNOUT_INLINE bool is_destination(const EthernetHeader& ethernet, const abi::Interface& own) {
    static_assert(sizeof own == 8 && offsetof(abi::Interface, address) == 0);
    static_assert(host_is_little_endian, "what follows the addresses is in the upper bytes");
    uint64_t address, wanted;
    __builtin_memcpy(&wanted, __builtin_assume_aligned(&own, 8), sizeof wanted);
    asm volatile("%[to] = *(u64*)(%[from] + 0)" : [to] "=r"(address) : [from] "r"(&ethernet));
    uint64_t difference = (address ^ wanted) << 16;
    hold(difference);  // or a mask of 64 bits would be made of the shift
    return difference == 0;
}

class XdpEnv : public TablesEnv {
  public:
    TURNOUT_INLINE explicit XdpEnv(xdp_md* frame) : frame_(frame) {}

    TURNOUT_INLINE static constexpr bool is_complete() { return false; }
    TURNOUT_INLINE static constexpr bool is_outgoing() { return false; }

    TURNOUT_INLINE Window window() const {
        // Read by assembly: a compiler is free to read `data` in a way the verifier refuses.
        Window window;
        asm volatile(
            "%[begin] = *(u32*)(%[frame] + %[data])\n"
            "%[end] = *(u32*)(%[frame] + %[data_end])"
            : [begin] "=&r"(window.begin), [end] "=r"(window.end)
            : [frame] "r"(frame_), [data] "i"(offsetof(xdp_md, data)),
              [data_end] "i"(offsetof(xdp_md, data_end)));
        return window;
    }
    TURNOUT_INLINE static void gather(uint32_t) {}
    TURNOUT_INLINE static uint32_t length() { return 0; }
    TURNOUT_INLINE bool has(uint32_t bytes) {
        const Window w = window();
        if (static_cast<uint64_t>(w.end - w.begin) >= bytes) return true;
        is_divided_ = true;
        return xdp_get_buff_len(frame_) >= bytes;
    }
    TURNOUT_INLINE bool byte(uint32_t offset, uint8_t& c) const {
        if (offset > longest_frame) return false;
        hold(offset);  // else the bound below would be left out
        const Window w = window();
        const uint8_t* at = w.begin + (offset & longest_frame);
        hold(at);  // see header_at()
        if (at + 1 > w.end) return false;
        c = *at;
        return true;
    }
    // XDP cannot tell: a frame beyond the MTU goes to the complete lane, which can.
    TURNOUT_INLINE static uint32_t segment_size() { return 0; }

    TURNOUT_INLINE static uint32_t mark() { return 0; }
    TURNOUT_INLINE bool parse_icmp(Packet& packet) const {
        return turnout_xdp_parse_icmp(frame_, &packet) != 0;
    }
    TURNOUT_INLINE bool parse_sctp(Packet& packet) const {
        return turnout_xdp_parse_sctp(frame_, &packet) != 0;
    }
    TURNOUT_INLINE bool amend_sctp(const Packet& packet, Direction direction,
                                   const Rewrite& rewrite) const {
        return turnout_xdp_amend_sctp(frame_, &packet, static_cast<uint8_t>(direction), &rewrite) !=
               0;
    }
    TURNOUT_INLINE bool rewrite_icmp_error(const Packet& packet, Direction direction,
                                           const Rewrite& rewrite) const {
        return turnout_xdp_rewrite_icmp_error(frame_, &packet, static_cast<uint8_t>(direction),
                                              &rewrite) != 0;
    }
    TURNOUT_INLINE void note_sequences(const Packet& packet, Location location) const {
        turnout_xdp_note_sequences(frame_, &packet, location);
    }
    TURNOUT_INLINE static void read_call(uint32_t, Opening&) {}
    TURNOUT_INLINE static bool send_in_pieces(uint32_t, const abi::Neighbour*, abi::Family,
                                              uint8_t) {
        return false;
    }
    TURNOUT_INLINE static Help help_request(const Packet&, Location) { return {}; }
    TURNOUT_INLINE static Help help_reply(const Packet&, Location) { return {}; }
    TURNOUT_INLINE static uint32_t splice(const Packet&, Location, uint32_t) { return 0; }
    TURNOUT_INLINE static void expect_data(Location) {}
    TURNOUT_INLINE static bool replace(uint32_t, uint32_t, const abi::AddressText&, uint32_t,
                                       uint32_t) {
        return false;
    }
    TURNOUT_INLINE static bool hold_fragment(const Packet&, abi::Tick) { return false; }
    TURNOUT_INLINE static bool release_fragments(const Packet&, uint32_t) { return false; }
    TURNOUT_INLINE static bool turn_into_error(const Packet&, const IcmpError&,
                                               const abi::Address&) {
        return false;
    }
    TURNOUT_INLINE static Relayed relay_tunnel_error(Packet&, uint32_t) {
        return Relayed::not_ours;
    }
    TURNOUT_INLINE static bool route(const abi::Address&, abi::Family, Route&) { return false; }

    TURNOUT_INLINE bool can_transmit(uint32_t ifindex) const {
        if (ifindex == came_by()) return true;
        // Not every driver sends such frames for another, and none says so to a program.
        if (is_divided_) return false;
        const abi::Interface* egress = interface(ifindex);
        return egress && egress->flags & abi::interface_flag::takes_xdp_frames;
    }

    TURNOUT_INLINE bool amend_checksum(uint32_t offset, uint64_t address_diff, uint64_t port_diff,
                                       bool optional) const {
        return amend_in_place(window(), offset, address_diff, port_diff, optional);
    }
    TURNOUT_INLINE static bool is_left_to_hardware(uint32_t) { return false; }
    TURNOUT_INLINE static void note_written(uint64_t) {}
    TURNOUT_INLINE bool push(uint32_t bytes, abi::Family, abi::TunnelType) const {
        return xdp_adjust_head(frame_, -static_cast<int>(bytes)) == 0;
    }
    TURNOUT_INLINE bool wrap(const Packet& packet, uint32_t server, bool in_pieces) const {
        return turnout_xdp_wrap(frame_, &packet, server, in_pieces) != 0;
    }

    TURNOUT_INLINE Verdict transmit(const abi::Neighbour& to) {
        auto* ethernet = header_at<EthernetHeader>(window(), 0);
        return ethernet ? transmit(*ethernet, to) : Verdict::drop;
    }
    TURNOUT_INLINE Verdict transmit(EthernetHeader& ethernet, const abi::Neighbour& to) {
        write_addresses(ethernet, to);
        action_ = to.interface == came_by() ? static_cast<int>(XDP_TX)
                                            : static_cast<int>(redirect(to.interface, 0));
        return Verdict::transmit;
    }
    TURNOUT_INLINE static Verdict hand_to_host(Direction) { return Verdict::pass; }
    TURNOUT_INLINE static Verdict come_in_by_loopback() { return Verdict::pass; }
    TURNOUT_INLINE static Verdict transmit_resolving(const Route&) { return Verdict::pass; }

    // Frames for others reach an interface too: flooded by a switch, or in promiscuous mode.
    TURNOUT_INLINE bool is_for_us() const {
        const auto* ethernet = header_at<EthernetHeader>(window(), 0);
        return ethernet && is_for_us(*ethernet);
    }
    TURNOUT_INLINE bool is_for_us(const EthernetHeader& ethernet) const {
        const abi::Interface* ingress = interface(came_by());
        return ingress && is_destination(ethernet, *ingress);
    }

    TURNOUT_INLINE int action(Verdict verdict) const {
        switch (verdict) {
            case Verdict::pass:
                return XDP_PASS;
            case Verdict::drop:
                return XDP_DROP;
            case Verdict::transmit:
                break;
        }
        return action_;
    }

  private:
    // Read by assembly, as in window(): where there are many of them, a compiler keeps the place.
    TURNOUT_INLINE uint32_t came_by() const {
        uint32_t index;
        asm("%[index] = *(u32*)(%[frame] + %[at])"
            : [index] "=r"(index)
            : [frame] "r"(frame_), [at] "i"(offsetof(xdp_md, ingress_ifindex)));
        return index;
    }

    static constexpr uint32_t longest_frame = 0x7fff;  // a bound for the verifier

    xdp_md* frame_;
    bool is_divided_ = false;  // the frame, larger than a page, has parts outside the window
    int action_ = XDP_PASS;
};

}  // namespace turnout::bpf
