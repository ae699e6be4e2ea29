// Virtual services and real servers as values: what people configure, with IPVS's meanings.
//
// Nothing here does input or output or knows of tables; ports and weights are in host order.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/address.hpp"

namespace turnout::model {

// IP protocol numbers.
enum class Protocol : uint8_t { none = 0, tcp = 6, udp = 17, sctp = 132 };

// "TCP", "UDP", "SCTP"
const char* to_string(Protocol protocol);

// What tells one service from another: a firewall mark, or protocol, address and port.
// With a mark, protocol, address bytes and port are zero and only the family counts.
struct ServiceKey {
    uint32_t mark = 0;
    Protocol protocol = Protocol::none;
    Address address;
    uint16_t port = 0;

    auto operator<=>(const ServiceKey&) const = default;
};

// "TCP 198.51.100.1:80", "FWM 7", "FWM 7 IPv6"
std::string to_string(const ServiceKey& key);

// How a packet reaches its server; the numbers are IPVS's.
enum class Method : uint8_t { nat = 0, local = 1, tunnel = 2, direct = 3 };

// As IPVS's lists write it: "Masq", "Local", "Tunnel", "Route".
const char* to_string(Method method);

enum class TunnelType : uint8_t { ipip = 0, gue = 1, gre = 2 };

struct Tunnel {
    TunnelType type = TunnelType::ipip;
    uint16_t port = 0;   // GUE only
    uint16_t flags = 0;  // 0 no checksum, 1 checksum, 2 remote checksum
    bool operator==(const Tunnel&) const = default;
};

struct ServerKey {
    Address address;
    uint16_t port = 0;
    auto operator<=>(const ServerKey&) const = default;
};

// A server that is being taken out of service: it gets no new connections, and no template leads
// to it, while those it has go on.
struct Drain {
    uint64_t deadline_s = 0;   // of the director's clock; 0: as long as connections last
    bool then_remove = false;  // the server is removed when it ends; else it stays out of service
    uint8_t udp_idle_s = 1;    // UDP connections idle for so long are scheduled anew; 0: none is
    bool is_over = false;      // no connections were left, or the deadline came
    bool operator==(const Drain&) const = default;
};

struct Server {
    ServerKey key;
    Method method = Method::nat;
    int32_t weight = 1;            // as it was given; 0: gets no new connections
    uint32_t upper_threshold = 0;  // connections; 0: none
    uint32_t lower_threshold = 0;
    Tunnel tunnel;
    std::optional<Drain> drain;  // the director's; whoever adds or edits a server leaves it alone

    // What schedulers see.
    int32_t weight_now() const { return drain ? 0 : weight; }
    bool operator==(const Server&) const = default;
};

// Service flag bits, as the IPVS messages carry them.
namespace service_flag {
inline constexpr uint32_t persistent = 1;
inline constexpr uint32_t one_packet = 4;
inline constexpr uint32_t scheduler_1 = 8;
inline constexpr uint32_t scheduler_2 = 16;
inline constexpr uint32_t scheduler_3 = 32;
}  // namespace service_flag

struct Service {
    ServiceKey key;
    std::string scheduler = "wlc";
    uint32_t flags = 0;                  // service_flag bits
    uint32_t persistence_timeout_s = 0;  // seconds; meaningful when persistent
    // Which part of the client's address persistence looks at.  IPv4: the mask as a host-order
    // number; IPv6: the prefix length.
    uint32_t netmask = 0xffffffff;
    std::string persistence_engine;  // "" or "sip"
    // In IPVS's list order: a new server stands at the head.
    std::vector<Server> servers;

    bool persistent() const { return flags & service_flag::persistent; }
};

}  // namespace turnout::model
