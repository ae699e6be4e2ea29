#include "tables/convert.hpp"

#include <algorithm>
#include <cstring>

#include "base/panic.hpp"
#include "tables/timeouts.hpp"

namespace turnout::tables {

abi::Address to_row(const model::Address& address) {
    abi::Address row;
    static_assert(sizeof row == sizeof address.bytes);
    std::memcpy(&row, address.bytes.data(), sizeof row);
    return row;
}

model::Address from_row(const abi::Address& row, abi::Family family) {
    model::Address address;
    address.family = static_cast<model::Family>(family);
    std::memcpy(address.bytes.data(), &row, sizeof row);
    return address;
}

abi::Address mask_of_prefix(uint32_t length) {
    abi::Address mask{};
    for (uint32_t i = 0; i < 4; ++i) {
        const uint32_t bits = std::min(32u, length - std::min(length, 32 * i));
        mask.word[i] = to_be(bits ? ~0u << (32 - bits) : 0u);
    }
    return mask;
}

abi::Endpoint endpoint_of(const model::ServiceKey& key) {
    if (key.mark)
        return {{{to_be(key.mark)}}, be16{0}, 0, static_cast<abi::Family>(key.address.family)};
    return {to_row(key.address), to_be(key.port), static_cast<uint8_t>(key.protocol),
            static_cast<abi::Family>(key.address.family)};
}

abi::Endpoint endpoint_of(const model::ServerKey& key, model::Protocol protocol) {
    return {to_row(key.address), to_be(key.port), static_cast<uint8_t>(protocol),
            static_cast<abi::Family>(key.address.family)};
}

model::ServiceKey service_key_of(const abi::Endpoint& endpoint) {
    model::ServiceKey key;
    key.address.family = static_cast<model::Family>(endpoint.family);
    key.mark = abi::is_by_mark(endpoint) ? to_host(endpoint.address.word[0]) : 0;
    if (key.mark) return key;
    key.protocol = static_cast<model::Protocol>(endpoint.protocol);
    key.address = from_row(endpoint.address, endpoint.family);
    key.port = to_host(endpoint.port);
    return key;
}

namespace {
struct SchedulerName {
    abi::Scheduler scheduler;
    const char* name;
};
constexpr SchedulerName known_schedulers[] = {
#define X(name, number) {abi::Scheduler::name, #name},
    TURNOUT_SCHEDULERS(X)
#undef X
};
}  // namespace

std::vector<std::string> scheduler_names() {
    std::vector<std::string> names;
    for (const auto& known : known_schedulers) names.emplace_back(known.name);
    return names;
}

abi::Scheduler scheduler_of(const std::string& name) {
    for (const auto& known : known_schedulers)
        if (name == known.name) return known.scheduler;
    panic("a scheduler that the model accepted has no row value");
}

const char* name_of(abi::Scheduler scheduler) {
    for (const auto& known : known_schedulers)
        if (scheduler == known.scheduler) return known.name;
    return "?";
}

const char* name_of(const abi::Connection& connection) {
    if (connection.tuple.kind == abi::TupleKind::persistence)
        return connection.status & abi::status::assured ? "ASSURED" : "NONE";
    const auto state = static_cast<abi::State>(connection.status & abi::status::state_mask);
    switch (state) {
        case abi::State::none:
            return "NONE";
        case abi::State::established:
            return "ESTABLISHED";
        case abi::State::syn_sent:
            return "SYN_SENT";
        case abi::State::syn_recv:
            return "SYN_RECV";
        case abi::State::fin_wait:
            return "FIN_WAIT";
        case abi::State::time_wait:
            return "TIME_WAIT";
        case abi::State::close:
            return "CLOSE";
        case abi::State::close_wait:
            return "CLOSE_WAIT";
        case abi::State::last_ack:
            return "LAST_ACK";
        case abi::State::listen:
            return "LISTEN";
        case abi::State::syn_ack:
            return "SYNACK";
        case abi::State::udp:
            return "UDP";
        case abi::State::sctp_init1:
            return "INIT1";
        case abi::State::sctp_init:
            return "INIT";
        case abi::State::sctp_cookie_sent:
            return "C-SENT";
        case abi::State::sctp_cookie_replied:
            return "C-REPLIED";
        case abi::State::sctp_cookie_wait:
            return "C-WAIT";
        case abi::State::sctp_cookie:
            return "COOKIE";
        case abi::State::sctp_cookie_echoed:
            return "C-ECHOED";
        case abi::State::sctp_established:
            return "ESTABLISHED";
        case abi::State::sctp_shutdown_sent:
            return "S-SENT";
        case abi::State::sctp_shutdown_received:
            return "S-RECEIVED";
        case abi::State::sctp_shutdown_ack_sent:
            return "S-ACK-SENT";
        case abi::State::sctp_rejected:
            return "REJECTED";
        case abi::State::sctp_closed:
            return "CLOSED";
    }
    return "ERR!";
}

model::Counters from_row(const abi::Counters& row) {
    return {row.connections, row.in_packets, row.out_packets,
            row.in_bytes,    row.out_bytes,  row.stateless};
}

abi::Counters to_row(const model::Counters& value) {
    return {value.connections, value.in_packets, value.out_packets,
            value.in_bytes,    value.out_bytes,  value.stateless};
}

uint32_t seconds_of(abi::Tick ticks) {
    // The half second more brings the number back.
    return static_cast<uint32_t>(((static_cast<uint64_t>(ticks) << abi::tick_shift) + 500000000u) /
                                 1000000000u);
}

void set_defaults(const Rows& rows) {
    set_default_timeouts(rows.timeouts);
    abi::Settings& settings = *rows.settings;
    constexpr uint32_t day_s = 86400;
    settings.lblc_timeout = settings.lblcr_timeout = abi::ticks_of_seconds(day_s);
    // Of fifteen lines of a bucket twelve on average: beyond, some find both their buckets full.
    settings.room = static_cast<uint32_t>(rows.buckets.size()) * 12;
    settings.memory_threshold = 1024 * records_per_page;
    settings.drop_rate = 10;
    settings.ftp_port[0] = to_be(uint16_t{21});
}

}  // namespace turnout::tables
