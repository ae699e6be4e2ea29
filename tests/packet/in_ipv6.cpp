// Cases told in IPv4, told again in IPv6.
#include <bit>
#include <cstdlib>

#include "packet/cases.hpp"
#include "packet/world.hpp"

namespace turnout::test {
namespace {

constexpr size_t ip_at = 14;  // where a frame's IP header begins

// Configuration

void translate(model::Address& address) {
    if (address.family == model::Family::ipv4) address = to_ipv6(address);
}

void translate(model::ServiceKey& key) {
    if (key.mark)
        key.address.family = model::Family::ipv6;
    else
        translate(key.address);
}

void translate(model::Service& service) {
    translate(service.key);
    service.netmask = 96 + static_cast<uint32_t>(std::popcount(service.netmask));
}

void translate(model::ServerKey& server) {
    translate(server.address);
}

void translate(model::AddService& change) {
    translate(change.service);
}
void translate(model::EditService& change) {
    translate(change.service);
}
void translate(model::RemoveService& change) {
    translate(change.key);
}
void translate(model::AddServer& change) {
    translate(change.service);
    translate(change.server.key);
}
void translate(model::EditServer& change) {
    translate(change.service);
    translate(change.server.key);
}
void translate(model::RemoveServer& change) {
    translate(change.service);
    translate(change.server);
}
void translate(model::RemoveAll&) {}
void translate(model::ZeroCounters& change) {
    if (change.service) translate(*change.service);
}
void translate(model::SetTimeouts&) {}
void translate(model::StartDaemon&) {}
void translate(model::StopDaemon&) {}

void translate(model::MarkRule& rule) {
    rule.family = model::Family::ipv6;
    for (auto* prefix : {&rule.from, &rule.to}) {
        if (!*prefix) continue;
        translate((*prefix)->address);
        (*prefix)->length = static_cast<uint8_t>((*prefix)->length + 96);
    }
}

// Frames

uint32_t number_at(const Bytes& frame, size_t at, size_t bytes) {
    uint32_t number = 0;
    for (size_t i = 0; i < bytes; ++i) number = number << 8 | frame[at + i];
    return number;
}

// The TCP header at `at`.
Tcp tcp_of(const Bytes& frame, size_t at) {
    const size_t length = 4 * (frame[at + 12] >> 4);
    return {static_cast<uint16_t>(number_at(frame, at, 2)),
            static_cast<uint16_t>(number_at(frame, at + 2, 2)),
            frame[at + 13],
            number_at(frame, at + 4, 4),
            number_at(frame, at + 8, 4),
            Bytes(frame.begin() + static_cast<long>(at) + 20,
                  frame.begin() + static_cast<long>(at + length))};
}

// What a whole IPv4 packet without options says in its header.
Ip header_of(const Bytes& frame) {
    const bool whole = frame.size() > ip_at + 20 && frame[ip_at] == 0x45 &&
                       !(frame[ip_at + 6] & 0x3f) &&
                       frame.size() == ip_at + (frame[ip_at + 2] << 8 | frame[ip_at + 3]);
    if (!whole) std::abort();  // the case is IPv4's alone
    const auto address = [&](size_t at) {
        return to_ipv6(
            model::Address::ipv4(frame[at], frame[at + 1], frame[at + 2], frame[at + 3]));
    };
    return {address(ip_at + 12), address(ip_at + 16), frame[ip_at + 8], frame[ip_at + 1]};
}

uint16_t port_at(const Bytes& frame, size_t at) {
    return static_cast<uint16_t>(frame[at] << 8 | frame[at + 1]);
}

void translate(Bytes& bytes) {
    const Ip header = header_of(bytes);
    Ethernet ethernet;
    std::copy_n(bytes.begin(), 6, ethernet.destination.begin());
    std::copy_n(bytes.begin() + 6, 6, ethernet.source.begin());
    const size_t transport = ip_at + 20;
    const uint16_t from = port_at(bytes, transport), to = port_at(bytes, transport + 2);
    const auto payload = [&](size_t header_size) {
        return std::string(bytes.begin() + static_cast<long>(transport + header_size), bytes.end());
    };
    switch (bytes[ip_at + 9]) {
        case 4: {
            Bytes inner = bytes;
            inner.erase(inner.begin() + ip_at, inner.begin() + static_cast<long>(transport));
            translate(inner);
            bytes = tunnelled(header, inner);
            return;
        }
        case 6:
            bytes = frame(header, tcp_of(bytes, transport),
                          payload(4 * (bytes[transport + 12] >> 4)), ethernet);
            return;
        case 17: {
            const bool checksum = port_at(bytes, transport + 6);
            bytes = frame(header, Udp{from, to, checksum}, payload(8), ethernet);
            return;
        }
        case 132:
            // Its checksum covers no addresses.
            bytes = frame(header, uint8_t{132}, {bytes.begin() + transport, bytes.end()}, ethernet);
            return;
        default:
            std::abort();
    }
}

void translate(std::vector<model::Change>& changes) {
    for (model::Change& change : changes) std::visit([](auto& each) { translate(each); }, change);
}

}  // namespace

Case in_ipv6(const Case& ipv4) {
    Case made = ipv4;
    made.name += ", IPv6";
    translate(made.changes);
    translate(made.later);
    for (model::MarkRule& rule : made.mark_rules) translate(rule);
    for (Step& step : made.steps) {
        translate(step.in);
        if (step.out) translate(*step.out);
    }
    return made;
}

}  // namespace turnout::test
