// The states of a TCP connection, by IPVS's tables: one for each of packets from the client,
// packets from the server (NAT), and packets from the client when the server's are not seen (direct
// routing, tunnelling).
#pragma once

#include <stdint.h>

#include "abi/connection.hpp"
#include "path/packet.hpp"
#include "wire/transport.hpp"

namespace turnout {

namespace tcp_table {

// A row of eleven states, four bits each, as one number: the BPF back end has no constant arrays.
using Row = uint64_t;

// The abbreviations of IPVS's tables.
enum : uint8_t { NO, ES, SS, SR, FW, TW, CL, CW, LA, LI, SA };

template <class... States>
consteval Row row(States... next) {
    static_assert(sizeof...(next) == 11);
    Row packed = 0;
    int shift = 0;
    ((packed |= static_cast<Row>(next) << shift, shift += 4), ...);
    return packed;
}

// The first of these that a packet has decides; a packet with none closes.
enum class Event : uint8_t { rst, syn, fin, ack, none };

TURNOUT_INLINE Event event_of(uint8_t flags) {
    if (flags & tcp_flag::rst) return Event::rst;
    if (flags & tcp_flag::syn) return Event::syn;
    if (flags & tcp_flag::fin) return Event::fin;
    if (flags & tcp_flag::ack) return Event::ack;
    return Event::none;
}

//                                      from: NO  ES  SS  SR  FW  TW  CL  CW  LA  LI  SA
inline constexpr Row request_syn = row(SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SR);
inline constexpr Row request_fin = row(CL, CW, SS, TW, TW, TW, CL, CW, LA, LI, TW);
inline constexpr Row request_ack = row(ES, ES, SS, ES, FW, TW, CL, CW, CL, LI, ES);
inline constexpr Row request_rst = row(CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, SR);
inline constexpr Row reply_syn = row(SS, ES, SS, SR, SS, SS, SS, SS, SS, LI, SR);
inline constexpr Row reply_fin = row(TW, FW, SS, TW, FW, TW, CL, TW, LA, LI, TW);
inline constexpr Row reply_ack = row(ES, ES, SS, ES, FW, TW, CL, CW, LA, ES, ES);
inline constexpr Row reply_rst = row(CL, CL, SS, CL, CL, TW, CL, CL, CL, CL, CL);
inline constexpr Row request_only_syn = row(SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SR);
inline constexpr Row request_only_fin = row(CL, FW, SS, TW, FW, TW, CL, CW, LA, LI, TW);
inline constexpr Row request_only_ack = row(ES, ES, SS, ES, FW, TW, CL, CW, CL, LI, ES);
inline constexpr Row request_only_rst = row(CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, CL);

// With secure_tcp a connection counts as established only when its whole handshake was seen, and a
// request-only one waits in SYNACK for its first ACK.
inline constexpr Row secure_request_syn = row(SR, ES, ES, SR, SR, SR, SR, SR, SR, SR, SA);
inline constexpr Row secure_request_fin = row(CL, CW, SS, TW, TW, TW, CL, CW, LA, LI, SA);
inline constexpr Row secure_request_ack = row(ES, ES, SS, SR, FW, TW, CL, CW, CL, LI, SA);
inline constexpr Row secure_request_rst = row(CL, CL, CL, SR, CL, CL, CL, CL, LA, LI, CL);
inline constexpr Row secure_reply_syn = row(SS, ES, SS, SA, SS, SS, SS, SS, SS, LI, SA);
inline constexpr Row secure_only_syn = row(SA, ES, ES, SR, SA, SA, SA, SA, SA, SA, SA);

TURNOUT_INLINE Row pick(Event event, Row rst, Row syn, Row fin, Row ack) {
    switch (event) {
        case Event::rst:
            return rst;
        case Event::syn:
            return syn;
        case Event::fin:
            return fin;
        case Event::ack:
            return ack;
        case Event::none:
            break;
    }
    return row(CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL);
}

TURNOUT_INLINE abi::State in_row(Row row, abi::State state) {
    return static_cast<abi::State>(row >> (static_cast<uint32_t>(state) * 4 & 63) & 15);
}

TURNOUT_INLINE abi::State next(abi::State state, uint8_t flags, Direction direction,
                               bool request_only) {
    const Event event = event_of(flags);
    Row row;
    if (direction == Direction::reply)
        row = pick(event, reply_rst, reply_syn, reply_fin, reply_ack);
    else if (request_only)
        row = pick(event, request_only_rst, request_only_syn, request_only_fin, request_only_ack);
    else
        row = pick(event, request_rst, request_syn, request_fin, request_ack);
    return in_row(row, state);
}

// The same with secure_tcp.
TURNOUT_INLINE abi::State next_secure(abi::State state, uint8_t flags, Direction direction,
                                      bool request_only) {
    const Event event = event_of(flags);
    Row row;
    if (direction == Direction::reply)
        row = pick(event, reply_rst, secure_reply_syn, reply_fin, reply_ack);
    else if (request_only)
        row = pick(event, request_only_rst, secure_only_syn, request_only_fin, request_only_ack);
    else
        row = pick(event, secure_request_rst, secure_request_syn, secure_request_fin,
                   secure_request_ack);
    return in_row(row, state);
}

TURNOUT_INLINE bool is_active(abi::State state) {
    return state == abi::State::established || state == abi::State::syn_sent ||
           state == abi::State::syn_recv || state == abi::State::syn_ack;
}

}  // namespace tcp_table

}  // namespace turnout
