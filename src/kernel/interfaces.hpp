// The namespace's interfaces and routes, as rtnetlink tells them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

struct nlmsghdr;

namespace turnout::kernel {

struct Interface {
    uint32_t index = 0;
    std::string name;
    std::array<uint8_t, 6> address{};
    bool loopback = false;
    bool ethernet = false;  // carries Ethernet frames and is not a member of a bond
    uint32_t vlan_of = 0;   // of a VLAN, the interface that carries it
    bool physical = false;  // has a device behind it, and so perhaps a driver with XDP
};

Result<std::vector<Interface>> list_interfaces();
// Nothing when there is no interface of that name.
std::optional<uint32_t> mtu_of(const std::string& interface);

// True if the interface takes VLAN tags off before any program sees the frame (ethtool's rxvlan);
// false also when that cannot be known.
bool takes_tags_off(const std::string& interface);

// IPv4 or IPv6: 4 or 16 bytes in network order.
using AddressBytes = std::vector<uint8_t>;

// The addresses of all interfaces.
Result<std::vector<AddressBytes>> list_addresses();

// The address that this machine sends from on its way to `to`; nothing when there is no route.
std::optional<AddressBytes> source_for(const AddressBytes& to);

// Tells of interfaces that come, change or go, and that addresses or routes have changed.
class NetworkWatch {
  public:
    struct Events {
        std::function<void(const Interface&)> came_or_changed;
        std::function<void(uint32_t index)> gone;
        std::function<void()> routes_changed;
    };

    static Result<NetworkWatch> open();
    // Becomes readable when there is something to read().
    int fd() const { return socket_.get(); }
    // Reads all that has come, without blocking.  ENOBUFS: messages were lost; list anew.
    Status read(const Events& events);

  private:
    explicit NetworkWatch(Fd socket) : socket_(std::move(socket)) {}
    Fd socket_;
};

}  // namespace turnout::kernel
