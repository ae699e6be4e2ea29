#include "tables/timeouts.hpp"

#include <algorithm>
#include <cerrno>

#include "tables/unsettle.hpp"

namespace turnout::tables {
namespace {

abi::Timeouts& common(const Rows& rows) {
    return rows.timeouts[abi::common_timeouts];
}

// What a row says for a state, given everybody's.
void fill_in(abi::Timeouts& row, const abi::Timeouts& everybody, size_t state) {
    row.timeout[state] =
        row.seconds[state] ? abi::ticks_of_seconds(row.seconds[state]) : everybody.timeout[state];
}

abi::Timeouts row_of(const model::StateTimeouts& own, const abi::Timeouts& everybody) {
    abi::Timeouts row{};
    for (const NamedState& known : named_states()) {
        const auto state = static_cast<size_t>(known.state);
        const auto at = own.find(known.name);
        if (at != own.end()) row.seconds[state] = at->second;
        fill_in(row, everybody, state);
    }
    return row;
}

}  // namespace

const std::vector<NamedState>& named_states() {
    using enum abi::State;
    static const std::vector<NamedState> states = {
        {none, "none", "a TCP connection of which nothing is known yet", 2},
        {established, "established", "TCP", 900},
        {syn_sent, "syn_sent", "TCP: the server sent a SYN", 120},
        {syn_recv, "syn_recv", "TCP: the client's SYN has come", 60},
        {fin_wait, "fin_wait", "TCP: the server has sent its FIN", 120},
        {time_wait, "time_wait", "TCP: both have sent a FIN", 120},
        {close, "close", "TCP: reset, or ended", 10},
        {close_wait, "close_wait", "TCP: the client has sent its FIN", 60},
        {last_ack, "last_ack", "TCP", 30},
        {listen, "listen", "TCP", 120},
        {syn_ack, "synack", "TCP, with secure_tcp: not yet a whole handshake", 120},
        {udp, "udp", "UDP", 300},
        // Four seconds: an INIT that is lost comes again after three.
        {sctp_init1, "sctp_init1", "SCTP: the client's first INIT has come", 4},
        {sctp_rejected, "sctp_rejected", "SCTP: the INIT was answered by an ABORT", 4},
        {sctp_established, "sctp_established", "SCTP", 900},
        // A second more than the longest time between two attempts.
        {sctp_init, "sctp_init", "SCTP: another INIT has come", 61},
        {sctp_cookie_sent, "sctp_cookie_sent", "SCTP: the server has answered", 61},
        {sctp_cookie_replied, "sctp_cookie_replied", "SCTP: the cookie has come back", 61},
        {sctp_cookie_wait, "sctp_cookie_wait", "SCTP: the server has sent an INIT", 61},
        {sctp_cookie, "sctp_cookie", "SCTP: the client has answered", 61},
        {sctp_cookie_echoed, "sctp_cookie_echoed", "SCTP: the server has echoed the cookie", 61},
        {sctp_shutdown_sent, "sctp_shutdown_sent", "SCTP: the server shuts down", 61},
        {sctp_shutdown_received, "sctp_shutdown_received", "SCTP: the client shuts down", 61},
        {sctp_shutdown_ack_sent, "sctp_shutdown_ack_sent", "SCTP: the server agreed", 61},
        {sctp_closed, "sctp_closed", "SCTP: ended", 61},
    };
    return states;
}

const NamedState* state_named(std::string_view name) {
    for (const NamedState& known : named_states())
        if (name == known.name) return &known;
    return nullptr;
}

void set_default_timeouts(std::span<abi::Timeouts> rows) {
    std::ranges::fill(rows, abi::Timeouts{});
    abi::Timeouts& everybody = rows[abi::common_timeouts];
    for (const NamedState& known : named_states()) {
        const auto state = static_cast<size_t>(known.state);
        everybody.seconds[state] = known.seconds;
        everybody.timeout[state] = abi::ticks_of_seconds(known.seconds);
    }
}

uint32_t common_timeout(const Rows& rows, abi::State state) {
    return common(rows).seconds[static_cast<size_t>(state)];
}

void set_common_timeout(const Rows& rows, abi::State state, uint32_t seconds) {
    const auto index = static_cast<size_t>(state);
    unsettle(rows);
    common(rows).seconds[index] = seconds;
    common(rows).timeout[index] = abi::ticks_of_seconds(seconds);
    for (abi::Timeouts& row : rows.timeouts.subspan(1)) fill_in(row, common(rows), index);
}

model::Timeouts timeouts_of(const Rows& rows) {
    return {common_timeout(rows, abi::State::established),
            common_timeout(rows, abi::State::fin_wait), common_timeout(rows, abi::State::udp)};
}

void set_timeouts(const Rows& rows, const model::Timeouts& timeouts) {
    const auto set = [&](abi::State state, uint32_t seconds) {
        if (seconds) set_common_timeout(rows, state, seconds);
    };
    set(abi::State::established, timeouts.tcp_s);
    set(abi::State::fin_wait, timeouts.tcp_fin_s);
    set(abi::State::udp, timeouts.udp_s);
}

TimeoutRows::TimeoutRows(const Rows& rows) : rows_(rows), users_(rows.timeouts.size()) {}

Result<uint32_t> TimeoutRows::take(const model::StateTimeouts& own) {
    if (own.empty()) return abi::common_timeouts;
    const abi::Timeouts wanted = row_of(own, common(rows_));
    std::optional<uint32_t> free;
    for (uint32_t row = 1; row < users_.size(); ++row) {
        if (users_[row] && std::ranges::equal(rows_.timeouts[row].seconds, wanted.seconds)) {
            ++users_[row];
            return row;
        }
        if (!users_[row] && !free) free = row;
    }
    if (!free)
        return fail(ENOSPC, "there are " + std::to_string(users_.size() - 1) +
                                " different sets of timeouts already: give services the same ones");
    rows_.timeouts[*free] = wanted;
    users_[*free] = 1;
    return *free;
}

void TimeoutRows::adopt(uint32_t row) {
    if (row != abi::common_timeouts) ++users_[row];
}

void TimeoutRows::give_back(uint32_t row) {
    if (row != abi::common_timeouts) --users_[row];
}

model::StateTimeouts TimeoutRows::own(uint32_t row) const {
    model::StateTimeouts own;
    if (row == abi::common_timeouts) return own;
    for (const NamedState& known : named_states())
        if (const uint32_t seconds = rows_.timeouts[row].seconds[static_cast<size_t>(known.state)])
            own[known.name] = seconds;
    return own;
}

}  // namespace turnout::tables
