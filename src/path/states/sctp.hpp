// The states of an SCTP association, as its server has them, by IPVS's tables: one for each of
// packets from the client, packets from the server (NAT), and packets from the client when the
// server's are not seen (direct routing, tunnelling).
//
// RFC 9260, section 4, with some states more.  Of an association that the client sets up: INIT1 and
// INIT (the client's first INIT, and further ones), COOKIE_SENT, COOKIE_REPLIED.  Of one that the
// server sets up: COOKIE_WAIT, COOKIE, COOKIE_ECHOED.  REJECTED: an INIT was answered by an ABORT.
#pragma once

#include <stdint.h>

#include "abi/connection.hpp"
#include "path/packet.hpp"
#include "wire/sctp.hpp"

namespace turnout::sctp_table {

// The abbreviations of IPVS's tables.
enum : uint8_t { NO, I1, IN, CS, CR, CW, CO, CE, ES, SS, SR, SA, RJ, CL };
inline constexpr uint32_t state_count = 14;

// Where each state leads: four bits each, in one number, for the BPF back end has no constant
// arrays.
struct Row {
    uint64_t packed;

    // The same, but from those states to `next`.
    template <class... From>
    consteval Row to(uint8_t next, From... from) const {
        uint64_t changed = packed;
        ((changed = (changed & ~(15ull << from * 4)) | static_cast<uint64_t>(next) << from * 4),
         ...);
        return {changed};
    }
};

// Each state stays: what a row is told of by its changes.
consteval Row all_stay() {
    Row row{0};
    for (uint64_t state = 0; state < state_count; ++state) row.packed |= state << state * 4;
    return row;
}
inline constexpr Row stay = all_stay();
inline constexpr Row all_closed = stay.to(CL, NO, I1, IN, CS, CR, CW, CO, CE, ES, SS, SR, SA, RJ);

// A chunk that is not told of is taken for data.
TURNOUT_INLINE Row request(uint8_t chunk) {
    switch (static_cast<SctpChunk>(chunk)) {
        case SctpChunk::init:
            return stay.to(I1, NO).to(IN, I1, RJ, CL);
        case SctpChunk::init_ack:
            return stay.to(CW, NO, I1, IN).to(CO, CW);
        case SctpChunk::cookie_echo:
            return stay.to(CR, NO, CS).to(IN, I1);
        case SctpChunk::cookie_ack:
            return stay.to(ES, NO, CE);
        case SctpChunk::shutdown:
            return stay.to(SR, NO, ES);
        case SctpChunk::shutdown_ack:
            return stay.to(CL, NO, SS, SA).to(IN, I1);
        case SctpChunk::shutdown_complete:
            return stay.to(CL, NO, I1, IN, SA);
        case SctpChunk::error:
            return stay.to(CL, NO, CE);
        case SctpChunk::abort:
            return all_closed.to(RJ, CW);
        default:
            return stay.to(ES, NO);
    }
}

TURNOUT_INLINE Row reply(uint8_t chunk) {
    switch (static_cast<SctpChunk>(chunk)) {
        case SctpChunk::init:
            return stay.to(CW, NO, I1, IN, CS, CR, CO, CE, SS, SR, SA, RJ, CL);
        case SctpChunk::init_ack:
            return stay.to(CS, NO, I1, IN);
        case SctpChunk::cookie_echo:
            return stay.to(CE, NO, I1, IN, CS, CR, CW, CO);
        case SctpChunk::cookie_ack:
            return stay.to(ES, NO, I1, IN, CS, CR, CW, CO, CE);
        case SctpChunk::shutdown:
            return stay.to(SS, NO, I1, IN, CS, CR, CW, CO, CE, ES);
        case SctpChunk::shutdown_ack:
            return stay.to(SA, NO, I1, IN, CS, CR, SS, SR);
        case SctpChunk::shutdown_complete:
            return stay.to(CL, NO);
        case SctpChunk::error:
            return stay.to(CL, NO, I1, IN, CS, CR);
        case SctpChunk::abort:
            return all_closed.to(RJ, I1);
        default:
            return stay.to(ES, NO);
    }
}

TURNOUT_INLINE Row request_only(uint8_t chunk) {
    switch (static_cast<SctpChunk>(chunk)) {
        case SctpChunk::init:
            return stay.to(I1, NO).to(IN, I1, CS, CR, CW, RJ, CL);
        case SctpChunk::init_ack:
            return stay.to(CE, NO, I1, IN, CS, CR, CW);
        case SctpChunk::cookie_echo:
            return stay.to(ES, NO, I1, IN, CS, CR, CW);
        case SctpChunk::cookie_ack:
            return stay.to(ES, NO, CS, CR, CO, CE);
        case SctpChunk::shutdown:
            return stay.to(SR, NO, ES);
        case SctpChunk::shutdown_ack:
            return stay.to(CL, NO, ES, SS, SA).to(IN, I1);
        case SctpChunk::shutdown_complete:
            return stay.to(CL, NO, I1, IN, CS, CR, SR, SA);
        case SctpChunk::error:
            return stay.to(CL, NO);
        case SctpChunk::abort:
            return all_closed.to(RJ, CW);
        default:
            return stay.to(ES, NO, CW);
    }
}

// `none` is every protocol's, in column 0; the others follow each other.
inline constexpr uint32_t states_before = static_cast<uint32_t>(abi::State::sctp_init1) - I1;

TURNOUT_INLINE uint32_t column_of(abi::State state) {
    return state == abi::State::none ? 0 : static_cast<uint32_t>(state) - states_before;
}

TURNOUT_INLINE abi::State state_of(uint32_t column) {
    return column == 0 ? abi::State::none : static_cast<abi::State>(column + states_before);
}

TURNOUT_INLINE abi::State next(abi::State state, uint8_t chunk, Direction direction,
                               bool only_requests) {
    const Row row = direction == Direction::reply ? reply(chunk)
                    : only_requests               ? request_only(chunk)
                                                  : request(chunk);
    return state_of(row.packed >> (column_of(state) * 4 & 63) & 15);
}

}  // namespace turnout::sctp_table
