// What the data plane needs from the world around it: rows, time, and one packet.
//
// Three bindings satisfy it: the XDP program and the tc program (bpf/), and plain memory (native/).
// So the very steps that forward in the kernel run under tests and sanitizers as well.
#pragma once

#include <stdint.h>

#include "abi/drop.hpp"
#include "abi/rows.hpp"
#include "path/opening.hpp"
#include "path/packet.hpp"
#include "path/schedulers/least_rule.hpp"
#include "table/table.hpp"
#include "wire/verifier.hpp"

namespace turnout {

// What became of a packet.
enum class Verdict : uint8_t {
    pass,      // not ours, or not for this lane: untouched, on to the next
    drop,      // counted by reason
    transmit,  // rewritten and on its way
};

// The verdict, if there is one already.
struct Decision {
    bool made;
    Verdict verdict;
};

// The packet's bytes that can be read and written directly, from the Ethernet header on.
struct Window {
    uint8_t* begin;
    uint8_t* end;
};

// The header of type T at `offset`, or null when the window does not hold it whole.
// Offsets stay below 512: enough for every header a director reads, and a bound for the verifier.
template <class T>
TURNOUT_INLINE T* header_at(const Window& window, uint32_t offset) {
    uint8_t* first = window.begin + (offset & 0x1ff);
    hold(first);  // this copy of the pointer, and no other, is the one compared below
    if (!first) __builtin_unreachable();
    return first + sizeof(T) <= window.end ? reinterpret_cast<T*>(first) : nullptr;
}

template <class From, class To>
concept gives = requires(From from, void (*take)(To)) {
    take(from);
};

// The rows, and time.  Accessors return null when there is no such row; rows belong to the
// environment and stay valid for the packet's time.
template <class E>
concept TablesEnvironment = requires(E env, uint32_t n, const abi::Endpoint& endpoint,
                                     const abi::Tuple& tuple, const abi::Connection& record,
                                     const Packet& packet, Opening& opening, const abi::Plan& plan,
                                     abi::Connection& connection) {
    { env.settings() } -> gives<const abi::Settings&>;
    { env.timeouts(n) } -> gives<const abi::Timeouts*>;
    { env.pressure() } -> gives<abi::Pressure*>;
    // Sets the first of these settings_flags, and clears the second.
    env.switch_settings(n, n);
    { env.filter_cell(n) } -> gives<const uint8_t*>;
    { env.mark_rule(n) } -> gives<const abi::MarkRule*>;
    { env.service_id(endpoint) } -> gives<const uint32_t*>;
    { env.service(n) } -> gives<const abi::Service*>;
    { env.plan(n) } -> gives<const abi::Plan*>;
    { env.candidate(n) } -> gives<const abi::Candidate*>;
    { env.candidate_groups(n) } -> gives<abi::CandidateGroups*>;
    { env.ring_word(n) } -> gives<const abi::RingWord*>;
    { env.cursor(n) } -> gives<abi::Cursor*>;
    { env.server(n) } -> gives<abi::Server*>;
    { env.server_state(n) } -> gives<abi::ServerState*>;
    { env.reply_service(endpoint) } -> gives<const abi::ReplyService*>;
    { env.endpoint_row(n) } -> gives<const abi::EndpointRow*>;
    { env.neighbour(n) } -> gives<abi::Neighbour*>;
    { env.bucket(n) } -> gives<abi::Bucket*>;
    // find() and insert() of table/, steps 3 to 5 of this folder: the rare parts of the way, which
    // a binding may call instead of inlining.
    { env.find(tuple, abi::Tick{}) } -> gives<Searched>;
    { env.try_insert(record, n) } -> gives<Attempt>;
    { env.insert(record, n) } -> gives<Inserted>;
    { env.ask(opening) } -> gives<Answer>;
    { env.schedule(opening) } -> gives<Answer>;
    // position() of path/schedulers/least.hpp.
    { env.position_of_least(plan, least::Rule{}) } -> gives<uint32_t>;
    { env.connect(opening) } -> gives<Location>;
    { env.call_out(opening) } -> gives<Answer>;
    // find_near_end() of path/strays.hpp.
    { env.find_near_end(packet, opening) } -> gives<bool>;
    // choose_by_hash(), reply_by_hash() and go_without_record() of path/stateless.hpp.
    { env.choose_by_hash(opening) } -> gives<Answer>;
    { env.reply_by_hash(opening) } -> gives<Answer>;
    { env.go_without_record(opening) } -> gives<Location>;
    // track() of path/track.hpp.
    env.track(packet, connection, Direction::reply, n, abi::Tick{});
    // What is kept of the FTP control connection at a location, or null; a new one, all zero, or
    // null where there is no room for it.
    { env.ftp_control(n) } -> gives<abi::FtpControl*>;
    { env.add_ftp_control(n) } -> gives<abi::FtpControl*>;
    env.forget_ftp_control(n);
    // Keeps the call of the opening as the name of the template there, for those who list it.
    env.keep_call(n);
    // Where the ends of the connection at a location stand, if its status says `noted`.
    { env.sequences(n) } -> gives<abi::Sequences*>;
    // tell_of_end() of table/ending.hpp.
    env.tell_of_end(n, abi::Tick{});
    // Tells the daemon; lost when nobody has listened for long.
    env.tell_ending(abi::Ending{});
    // Notes of packets in fragments; put_fragment_note() may have the oldest give way.
    { env.fragment_note(FragmentKey{}) } -> gives<const FragmentNote*>;
    env.put_fragment_note(FragmentKey{}, FragmentNote{});
    // This CPU's room for one opening.
    { env.opening() } -> gives<Opening*>;
    // This CPU's counters of a server.
    { env.traffic(n, Direction::request) } -> gives<abi::TrafficCounters*>;
    { env.begun(n) } -> gives<abi::BeginCounters*>;
    env.count_drop(abi::Drop::none);

    { env.now() } -> gives<abi::Tick>;
    { env.random() } -> gives<uint64_t>;  // 32 bits of chance
    { env.cpu() } -> gives<uint32_t>;
};

template <class E>
concept Environment = TablesEnvironment<E> &&
    requires(E env, uint32_t n, Route& route, const abi::Address& address, uint64_t difference,
             Opening& opening, Packet& packet, const Rewrite& rewrite, const IcmpError& error,
             Location location, const abi::AddressText& text, uint8_t& byte) {
    { env.window() } -> gives<Window>;
    // Brings the first `n` bytes into the window, as far as the packet has them and the lane can.
    env.gather(n);
    // True if there are so many bytes from the Ethernet header on, also outside the window.
    { env.has(n) } -> gives<bool>;
    // How many there are.  Complete lanes only.
    { env.length() } -> gives<uint32_t>;
    // Reads the byte at an offset, also outside the window; false beyond the packet's end.
    { env.byte(n, byte) } -> gives<bool>;
    // Of a super-packet, several segments that travel as one packet, a segment's payload in bytes;
    // of any other 0.
    { env.segment_size() } -> gives<uint32_t>;

    // True for a packet that this machine itself sends.
    { env.is_outgoing() } -> gives<bool>;
    // False: this lane passes on what has no fresh next hop, and never refuses to a sender.
    { E::is_complete() } -> gives<bool>;
    // Finds out which SIP call the payload at an offset belongs to.  Complete lanes only.
    env.read_call(n, opening);
    // parse_icmp() of path/parse.hpp: false for all but errors about packets that may be ours.
    { env.parse_icmp(packet) } -> gives<bool>;
    // parse_sctp() of path/ and amend_sctp() of path/forwarding/.
    { env.parse_sctp(packet) } -> gives<bool>;
    { env.amend_sctp(packet, Direction::reply, rewrite) } -> gives<bool>;
    // rewrite_icmp_error() of path/forwarding/: false when the kernel refused.
    { env.rewrite_icmp_error(packet, Direction::reply, rewrite) } -> gives<bool>;
    // note_sequences() of path/sequences.hpp.
    env.note_sequences(packet, location);
    // find_note() and note_first() of path/fragments.hpp.
    { env.find_fragment_note(packet, abi::Tick{}) } -> gives<FragmentNote>;
    {
        env.note_first(packet, location, Direction::reply, FragmentFate{}, abi::Tick{})
        } -> gives<uint32_t>;
    // Complete lanes only: sends a packet that is ready to go, but for its last piece, in pieces of
    // that MTU to a neighbour (or not at all, while its address is not known); the last piece is
    // the packet then.  `tunnel`: family of an outer header that each piece gets, or none.
    // `unsummed`: the transport's protocol, if its checksum was left to the hardware, which cannot
    // sum pieces; else 0.
    { env.send_in_pieces(n, &route.neighbour, abi::Family::none, uint8_t{}) } -> gives<bool>;
    // Complete lanes only: puts the fragment aside to wait for its first; false when it cannot be.
    { env.hold_fragment(packet, abi::Tick{}) } -> gives<bool>;
    // Complete lanes only: has the first fragment come in again, and behind it the `n` that waited.
    // False, and the packet is as it was, when it cannot be put aside.
    { env.release_fragments(packet, n) } -> gives<bool>;
    // Complete lanes only: help_request() and help_reply() of path/helpers/ftp_control.hpp,
    // splice() of ftp_splice.hpp, and expect_data() of ftp_data.hpp, about the connection at a
    // location.
    { env.help_request(packet, location) } -> gives<Help>;
    { env.help_reply(packet, location) } -> gives<Help>;
    { env.splice(packet, location, n) } -> gives<uint32_t>;
    env.expect_data(location);
    // Complete lanes only: replaces so many bytes at an offset by the first so many of a text, in a
    // packet that ends at the last offset.  Lengths and checksums are the caller's.
    { env.replace(n, n, text, n, n) } -> gives<bool>;
    // Complete lanes only: turn_into_error() and relay_tunnel_error() of path/forwarding/.  What
    // came in is not the same packet afterwards.
    { env.turn_into_error(packet, error, address) } -> gives<bool>;
    { env.relay_tunnel_error(packet, n) } -> gives<Relayed>;
    // The firewall mark that the packet came with; 0 where that cannot be known.
    { env.mark() } -> gives<uint32_t>;
    // Asks the kernel's routing; false when there is no way.  Complete lanes only.
    { env.route(address, abi::Family::ipv4, route) } -> gives<bool>;
    // True if frames for this interface can be transmitted from this lane.
    { env.can_transmit(n) } -> gives<bool>;

    // Changes the transport checksum at `offset` by what the change of addresses (part of the
    // pseudo header) and of ports adds.  `optional`: 0 means there is none (UDP).
    { env.amend_checksum(n, difference, difference, true) } -> gives<bool>;
    // True if hardware, or the kernel, has yet to compute the checksum at `offset`, which is 0.
    { env.is_left_to_hardware(n) } -> gives<bool>;
    // What bytes that were written add to the packet's sum, if no checksum beside them makes up for
    // it: hardware may have summed the packet as it came.
    env.note_written(difference);
    // Makes room for `n` bytes before the IP header: for outer headers of that family and of that
    // kind of tunnel, which the kernel is to know of; with no family, for what is the program's own
    // affair.
    { env.push(n, abi::Family::ipv4, abi::TunnelType::ipip) } -> gives<bool>;
    // wrap() of path/forwarding/, which takes a server's row: false when the kernel refused.
    { env.wrap(packet, n, true) } -> gives<bool>;
    // Complete lanes only: gives a packet that is ready to this machine itself.  A reply that is
    // for a client here comes from an address of our own, which from the network is refused.
    { env.hand_to_host(Direction::reply) } -> gives<Verdict>;
    // Complete lanes only: has a packet that this machine sends come in again, as if from another.
    { env.come_in_by_loopback() } -> gives<Verdict>;
    // Sends the packet to a neighbour; writes the Ethernet header.
    { env.transmit(route.neighbour) } -> gives<Verdict>;
    // Sends it by the kernel's neighbour table, which resolves and confirms the address.
    { env.transmit_resolving(route) } -> gives<Verdict>;
};

}  // namespace turnout
