// The FTP helper: reads what an FTP client and its NAT server agree on over their control
// connection, replaces the server's address in its replies, and renumbers both directions
// accordingly.
//
//   * A client's segment: its acknowledgements are told in the server's numbers, and its commands
//     are read.
//   * A server's segment: its replies are read, what is to be replaced is noted for splice(), and
//     its number becomes the client's.
//
// It runs in the complete lane, whatever the fast lane does with other connections.  What comes of
// it, a data connection, is ftp_data.hpp's.
#pragma once

#include <stdint.h>

#include "path/find_connection.hpp"
#include "path/helpers/ftp_commands.hpp"
#include "path/helpers/ftp_replies.hpp"
#include "path/helpers/ftp_stream.hpp"
#include "wire/transport.hpp"
#include "wire/verifier.hpp"

namespace turnout {

// Segments of control connections are read; what comes in fragments, and errors, are not.
TURNOUT_INLINE bool is_for_helper(const Packet& packet, const abi::Connection& connection) {
    return load_once(connection.status) & abi::status::helped && packet.part == Part::whole &&
           !is_icmp_error(packet) && static_cast<IpProtocol>(packet.protocol) == IpProtocol::tcp;
}

namespace detail {

// Fields at any offset: their alignment is 1.
struct Bytes1 {
    uint8_t byte;
};
struct Bytes4 {
    uint8_t byte[4];
};

// The payload of a segment, by its numbers and where it stands.
struct Segment {
    ftp::Span span;
    uint32_t offset;  // from the Ethernet header
};

template <Environment Env>
TURNOUT_INLINE bool find_payload(Env& env, const Packet& packet, Segment& segment) {
    const auto* tcp = header_at<TcpHeader>(env.window(), packet.transport_offset);
    if (!tcp) return false;
    const uint32_t end = ip_offset + packet.ip_length;
    segment.offset = packet.transport_offset + header_length(*tcp);
    if (segment.offset > end || header_length(*tcp) < sizeof *tcp) return false;
    const uint32_t first = to_host(tcp->sequence);
    segment.span = {first, first + end - segment.offset};
    return true;
}

// Of the segment, what a reader has not read yet.  False: something before it is missing.
template <class Reader>
TURNOUT_INLINE bool take_up(Reader& reader, const ftp::Span& segment, ftp::Span& news) {
    news = segment;
    if (segment.begin == segment.end) return true;
    if (ftp::is_behind(segment.begin, reader.next)) return false;
    const bool has_news = ftp::is_behind(segment.end, reader.next);
    news.begin = has_news ? reader.next : segment.end;
    if (has_news) reader.next = segment.end;
    return true;
}

// The other end has what the reader has not seen: it went another way, and is not waited for.  True
// if so; what line the next byte belongs to is then not known.
template <class Reader>
TURNOUT_INLINE bool catch_up(Reader& reader, uint32_t acknowledged) {
    if (!ftp::is_behind(acknowledged, reader.next)) return false;
    reader.next = acknowledged;
    return true;
}

// Commands and replies are short; what is longer is none that we know.
inline constexpr uint32_t most_read = 2048;

template <class Env>
struct Reading {
    Env* env;
    abi::FtpControl* control;
    const abi::Connection* connection;
    uint32_t offset;  // of the first character in the packet
    uint32_t number;  // its sequence number
};

TURNOUT_INLINE uint32_t to_be_read(const ftp::Span& news) {
    const uint32_t length = news.end - news.begin;
    return length < most_read ? length : most_read;
}

template <Environment Env>
TURNOUT_INLINE long read_command(uint32_t index, Reading<Env>& reading) {
    uint8_t c = 0;
    if (!reading.env->byte(reading.offset + index, c)) return 1;
    abi::FtpControl& control = *reading.control;
    switch (ftp::take(control.command, reading.connection->tuple, c)) {
        case ftp::Asked::nothing:
            break;
        case ftp::Asked::a_port:
            if (control.reply.awaited < 255) control.reply.awaited += 1;
            break;
        case ftp::Asked::a_connection:
            control.wanted_port = static_cast<uint16_t>(control.command.value);
            control.wanted_actively = 1;
            break;
    }
    return 0;
}

// Ports below belong to services of the system: a server's is not opened.
inline constexpr uint32_t least_passive_port = 1024;

template <Environment Env>
TURNOUT_INLINE long read_reply(uint32_t index, Reading<Env>& reading) {
    uint8_t c = 0;
    if (!reading.env->byte(reading.offset + index, c)) return 1;
    abi::FtpControl& control = *reading.control;
    if (!ftp::take(control, c, reading.number + index)) return 0;
    if (control.reply.awaited) control.reply.awaited -= 1;
    if (control.reply.value < least_passive_port) return 0;
    control.wanted_port = static_cast<uint16_t>(control.reply.value);
    control.wanted_actively = 0;
    return 0;
}

TURNOUT_INLINE Helped what_came_of(const abi::FtpControl& control) {
    return control.wanted_port ? Helped::expects_data : Helped::goes_on;
}

// Writes a number of the TCP header, or of its options, which may stand at any byte.
template <Environment Env>
TURNOUT_INLINE bool renumber(Env& env, const Packet& packet, uint32_t offset, uint32_t from,
                             uint32_t to) {
    if (from == to) return true;
    const bool odd = (offset - packet.transport_offset) & 1;
    const uint16_t added = fold(difference(to_be(from), to_be(to)));
    const uint32_t checksum = packet.transport_offset + checksum_field(packet.protocol);
    if (!env.amend_checksum(checksum, 0, odd ? swap_bytes(added) : added, false)) return false;
    auto* field = header_at<Bytes4>(env.window(), offset);
    if (!field) return false;
    const be32 written = to_be(to);
    __builtin_memcpy(field, &written, sizeof written);
    return true;
}

template <Environment Env>
TURNOUT_INLINE bool read_number(Env& env, uint32_t offset, uint32_t& number) {
    const auto* field = header_at<Bytes4>(env.window(), offset);
    if (!field) return false;
    be32 written;
    __builtin_memcpy(&written, field, sizeof written);
    number = to_host(written);
    return true;
}

// A number of the server's stream, as its client knows it.
template <Environment Env>
TURNOUT_INLINE bool renumber_for_server(Env& env, const abi::FtpControl& control,
                                        const Packet& packet, uint32_t offset) {
    uint32_t number = 0;
    return read_number(env, offset, number) &&
           renumber(env, packet, offset, number, ftp::for_server(control, number));
}

template <Environment Env>
struct Options {
    Env* env;
    const abi::FtpControl* control;
    const Packet* packet;
    uint32_t next, end;  // offsets in the packet
};

inline constexpr uint32_t most_sack_numbers = 8;

template <Environment Env>
TURNOUT_INLINE void renumber_sack(const Options<Env>& options, uint32_t length) {
    for (uint32_t i = 0; i < most_sack_numbers; ++i)
        if (2 + 4 * (i + 1) <= length)
            renumber_for_server(*options.env, *options.control, *options.packet,
                                options.next + 2 + 4 * i);
}

// 1: there are no more.
template <Environment Env>
TURNOUT_INLINE long look_into_option(Options<Env>& options) {
    if (options.next >= options.end) return 1;
    const auto* kind = header_at<Bytes1>(options.env->window(), options.next);
    if (!kind || kind->byte == tcp_option::end) return 1;
    if (kind->byte == tcp_option::filler) {
        options.next += 1;
        return 0;
    }
    const uint8_t what = kind->byte;
    const auto* size = header_at<Bytes1>(options.env->window(), options.next + 1);
    if (!size || size->byte < 2) return 1;
    const uint32_t length = size->byte;
    if (options.next + length > options.end) return 1;
    if (what == tcp_option::sack) renumber_sack(options, length);
    options.next += length;
    return 0;
}

// What the client acknowledges, and which segments behind that it has, in the server's numbers.
template <Environment Env>
TURNOUT_INLINE bool renumber_acknowledgements(Env& env, abi::FtpControl& control,
                                              const Packet& packet, const Segment& segment) {
    const uint32_t offset = packet.transport_offset + offsetof(TcpHeader, acknowledgement);
    uint32_t number = 0;
    if (!read_number(env, offset, number)) return false;
    const uint32_t acknowledged = ftp::for_server(control, number);
    if (ftp::is_behind(acknowledged, control.acknowledged)) control.acknowledged = acknowledged;
    if (catch_up(control.reply, acknowledged)) ftp::reply::begin_line(control.reply);
    if (!control.edits) return true;
    if (!renumber(env, packet, offset, number, acknowledged)) return false;
    const uint32_t first = packet.transport_offset + static_cast<uint32_t>(sizeof(TcpHeader));
    Options<Env> options{&env, &control, &packet, forgotten(first, number), segment.offset};
    env.each(tcp_option::most_bytes, &options,
             []([[maybe_unused]] uint32_t step, Options<Env>* o) -> long {
                 return look_into_option(*o);
             });
    return true;
}

template <Environment Env>
TURNOUT_INLINE bool read_tcp(Env& env, const Packet& packet, TcpHeader& copy) {
    const auto* tcp = header_at<TcpHeader>(env.window(), packet.transport_offset);
    if (!tcp) return false;
    copy = *tcp;
    return true;
}

// A control connection is known from the segment on with which its client ends the handshake.
template <Environment Env>
TURNOUT_INLINE void begin_control(Env& env, const TcpHeader& tcp, Location location) {
    abi::FtpControl* control = env.add_ftp_control(location);
    const abi::Connection* connection = at(env, location);
    const abi::Server* server = connection ? env.server(connection->server) : nullptr;
    if (!control || !server) return;
    ftp::write_text(server->address, server->family, control->server_text);
    ftp::write_text(connection->tuple.virtual_address, connection->tuple.family,
                    control->virtual_text);
    ftp::command::begin_line(control->command);
    ftp::reply::begin_line(control->reply);
    control->command.next = to_host(tcp.sequence);
    control->reply.next = control->acknowledged = to_host(tcp.acknowledgement);
}

}  // namespace detail

// A client's segment.
template <Environment Env>
TURNOUT_INLINE Helped help_request(Env& env, const Packet& packet, Location location) {
    env.gather(packet.transport_offset + sizeof(TcpHeader) + tcp_option::most_bytes);
    TcpHeader tcp;
    detail::Segment segment{};
    if (!detail::read_tcp(env, packet, tcp) || !detail::find_payload(env, packet, segment))
        return Helped::goes_on;
    if (tcp.flags & tcp_flag::syn) {
        env.forget_ftp_control(location);
        return Helped::goes_on;
    }
    if (!(tcp.flags & tcp_flag::ack)) return Helped::goes_on;
    if (!env.ftp_control(location)) detail::begin_control(env, tcp, location);
    abi::FtpControl* control = env.ftp_control(location);
    const abi::Connection* connection = at(env, location);
    if (!control || !connection) return Helped::goes_on;
    ftp::Span news{};
    if (!detail::take_up(control->command, segment.span, news)) return Helped::out_of_order;
    if (!detail::renumber_acknowledgements(env, *control, packet, segment)) return Helped::goes_on;
    control->wanted_port = 0;
    detail::Reading<Env> reading{&env, control, connection,
                                 segment.offset + (news.begin - segment.span.begin), news.begin};
    env.each(detail::to_be_read(news), &reading,
             [](uint32_t index, detail::Reading<Env>* r) -> long {
                 return detail::read_command(index, *r);
             });
    return detail::what_came_of(*control);
}

namespace detail {

// What no command awaits is not read.
TURNOUT_INLINE void pass_over(abi::ReplyReader& reader, const ftp::Span& segment) {
    if (ftp::is_behind(segment.end, reader.next)) reader.next = segment.end;
    ftp::reply::begin_line(reader);
}

// What is to be replaced in the segment, for splice(), from its end to its beginning; and its new
// number.  `held_before`: so many characters waited for it.
template <Environment Env>
TURNOUT_INLINE bool edit_reply(Env& env, const abi::FtpControl& control, const Packet& packet,
                               const Segment& segment, uint32_t held_before, uint32_t edits_before,
                               Opening& room) {
    const ftp::Span& span = segment.span;
    const uint32_t at = control.reply.address_at, held = ftp::held(control.reply);
    const bool released =
        held_before && !held && control.edits == edits_before && ftp::is_behind(span.begin, at);
    room.splices = 0;
    if (held) ftp::splice_held(span, at, held, room);
    ftp::splice_edits(control, span, room);
    if (released) ftp::splice_released(span, at, room);
    const bool inside = held && ftp::is_behind(span.begin, at);
    const uint32_t first = released || inside ? at : span.begin;
    const uint32_t offset = packet.transport_offset + offsetof(TcpHeader, sequence);
    return renumber(env, packet, offset, span.begin, ftp::for_client(control, first));
}

}  // namespace detail

// A server's segment; what splice() has to do afterwards stands in `room`.  A client's has nothing
// to be spliced.
template <Environment Env>
TURNOUT_INLINE Helped help_reply(Env& env, const Packet& packet, Location location, Opening& room) {
    room.splices = 0;
    detail::Segment segment{};
    abi::FtpControl* control = env.ftp_control(location);
    const abi::Connection* connection = at(env, location);
    if (!control || !connection || !detail::find_payload(env, packet, segment))
        return Helped::goes_on;
    TcpHeader tcp;
    if (!detail::read_tcp(env, packet, tcp)) return Helped::goes_on;
    if (tcp.flags & tcp_flag::ack &&
        detail::catch_up(control->command, to_host(tcp.acknowledgement)))
        ftp::command::leave(control->command, 0);
    const uint32_t held_before = ftp::held(control->reply), edits_before = control->edits;
    control->wanted_port = 0;
    if (!control->reply.awaited) {
        detail::pass_over(control->reply, segment.span);
    } else {
        ftp::Span news{};
        if (!detail::take_up(control->reply, segment.span, news)) return Helped::out_of_order;
        detail::Reading<Env> reading{&env, control, connection,
                                     segment.offset + (news.begin - segment.span.begin),
                                     news.begin};
        env.each(detail::to_be_read(news), &reading,
                 [](uint32_t index, detail::Reading<Env>* r) -> long {
                     return detail::read_reply(index, *r);
                 });
    }
    if (!detail::edit_reply(env, *control, packet, segment, held_before, edits_before, room))
        room.splices = 0;
    return detail::what_came_of(*control);
}

}  // namespace turnout
