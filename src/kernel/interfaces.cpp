#include "kernel/interfaces.hpp"

#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace turnout::kernel {
namespace {

using Socket = std::unique_ptr<mnl_socket, decltype(&mnl_socket_close)>;

Result<Socket> open_rtnetlink(unsigned groups) {
    Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC), mnl_socket_close);
    if (!socket || mnl_socket_bind(socket.get(), groups, MNL_SOCKET_AUTOPID) < 0)
        return fail_errno(errno, "cannot open rtnetlink");
    return socket;
}

// libmnl's own loops are C macros that C++ refuses.
template <class Each>
int visit_attribute(const nlattr* attribute, void* each) {
    (*static_cast<const Each*>(each))(attribute);
    return MNL_CB_OK;
}

template <class Each>
void for_each_attribute(const nlmsghdr* message, unsigned offset, const Each& each) {
    mnl_attr_parse(message, offset, visit_attribute<Each>, const_cast<Each*>(&each));
}

template <class Each>
void for_each_nested(const nlattr* nest, const Each& each) {
    mnl_attr_parse_nested(nest, visit_attribute<Each>, const_cast<Each*>(&each));
}

// A member of a bond or team: its frames are the master's.
bool is_bond_member(const nlattr* link_info) {
    bool member = false;
    for_each_nested(link_info, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) != IFLA_INFO_SLAVE_KIND) return;
        const std::string kind = mnl_attr_get_str(attribute);
        member = kind == "bond" || kind == "team";
    });
    return member;
}

bool is_vlan(const nlattr* link_info) {
    bool vlan = false;
    for_each_nested(link_info, [&](const nlattr* attribute) {
        if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
            vlan = mnl_attr_get_str(attribute) == std::string_view("vlan");
    });
    return vlan;
}

Interface interface_of(const nlmsghdr* message) {
    const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
    Interface interface;
    interface.index = static_cast<uint32_t>(info->ifi_index);
    interface.loopback = info->ifi_type == ARPHRD_LOOPBACK;
    interface.ethernet = info->ifi_type == ARPHRD_ETHER;
    uint32_t below = 0;
    bool vlan = false;
    for_each_attribute(message, sizeof *info, [&](const nlattr* attribute) {
        switch (mnl_attr_get_type(attribute)) {
            case IFLA_IFNAME:
                interface.name = mnl_attr_get_str(attribute);
                break;
            case IFLA_ADDRESS:
                if (mnl_attr_get_payload_len(attribute) == interface.address.size())
                    std::memcpy(interface.address.data(), mnl_attr_get_payload(attribute),
                                interface.address.size());
                break;
            case IFLA_LINKINFO:
                if (is_bond_member(attribute)) interface.ethernet = false;
                vlan = is_vlan(attribute);
                break;
            case IFLA_LINK:
                below = mnl_attr_get_u32(attribute);
                break;
            case IFLA_PARENT_DEV_NAME:
                interface.physical = true;
                break;
            default:
                break;
        }
    });
    if (vlan) interface.vlan_of = below;
    return interface;
}

// A port that leaves its bridge is told as a deleted link of that family; the interface stays.
bool is_of_a_bridge(const nlmsghdr* message) {
    return static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message))->ifi_family == AF_BRIDGE;
}

// Sends one request and calls `each` for every answer.
template <class Each>
Status ask(mnl_socket* socket, nlmsghdr* request, const Each& each) {
    static unsigned sequence = 0;
    request->nlmsg_seq = ++sequence;
    if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
        return fail_errno(errno, "cannot ask rtnetlink");
    std::vector<char> buffer(32768);
    const auto visit = [](const nlmsghdr* message, void* context) {
        (*static_cast<const Each*>(context))(message);
        return MNL_CB_OK;
    };
    while (true) {
        const ssize_t size = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
        if (size < 0) return fail_errno(errno, "cannot read from rtnetlink");
        const int more = mnl_cb_run(buffer.data(), static_cast<size_t>(size), sequence,
                                    mnl_socket_get_portid(socket), visit,
                                    const_cast<void*>(static_cast<const void*>(&each)));
        if (more < 0) return fail_errno(errno, "rtnetlink refused");
        const bool dump = request->nlmsg_flags & NLM_F_DUMP;
        if (more == MNL_CB_STOP || !dump) return {};
    }
}

// Calls `each` for everything of a kind, of any family.
template <class Each>
Status dump(uint16_t kind, const Each& each) {
    auto socket = open_rtnetlink(0);
    if (!socket) return std::unexpected(socket.error());
    char buffer[256] = {};
    nlmsghdr* request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = kind;
    request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg));  // the largest of their headers
    return ask(socket->get(), request, each);
}

AddressBytes bytes_of(const nlattr* attribute) {
    const auto* bytes = static_cast<const uint8_t*>(mnl_attr_get_payload(attribute));
    return {bytes, bytes + mnl_attr_get_payload_len(attribute)};
}

}  // namespace

Result<std::vector<Interface>> list_interfaces() {
    std::vector<Interface> interfaces;
    const auto add = [&](const nlmsghdr* message) {
        if (message->nlmsg_type == RTM_NEWLINK) interfaces.push_back(interface_of(message));
    };
    if (auto ok = dump(RTM_GETLINK, add); !ok) return std::unexpected(ok.error());
    return interfaces;
}

Result<std::vector<AddressBytes>> list_addresses() {
    std::vector<AddressBytes> addresses;
    const auto add = [&](const nlmsghdr* message) {
        if (message->nlmsg_type != RTM_NEWADDR) return;
        AddressBytes address, local;
        for_each_attribute(message, sizeof(ifaddrmsg), [&](const nlattr* attribute) {
            if (mnl_attr_get_type(attribute) == IFA_ADDRESS) address = bytes_of(attribute);
            if (mnl_attr_get_type(attribute) == IFA_LOCAL) local = bytes_of(attribute);
        });
        // Of a point-to-point link the address is the far end's.
        addresses.push_back(local.empty() ? address : local);
    };
    if (auto ok = dump(RTM_GETADDR, add); !ok) return std::unexpected(ok.error());
    return addresses;
}

bool takes_tags_off(const std::string& interface) {
    const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ethtool_value flags{};
    flags.cmd = ETHTOOL_GFLAGS;
    ifreq request{};
    interface.copy(request.ifr_name, sizeof request.ifr_name - 1);
    request.ifr_data = reinterpret_cast<char*>(&flags);
    return any && ioctl(any.get(), SIOCETHTOOL, &request) == 0 && flags.data & ETH_FLAG_RXVLAN;
}

std::optional<AddressBytes> source_for(const AddressBytes& to) {
    auto socket = open_rtnetlink(0);
    if (!socket) return std::nullopt;
    char buffer[256] = {};
    nlmsghdr* request = mnl_nlmsg_put_header(buffer);
    request->nlmsg_type = RTM_GETROUTE;
    request->nlmsg_flags = NLM_F_REQUEST;
    auto* route = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(rtmsg)));
    route->rtm_family = to.size() == 4 ? AF_INET : AF_INET6;
    route->rtm_dst_len = static_cast<unsigned char>(to.size() * 8);
    mnl_attr_put(request, RTA_DST, to.size(), to.data());
    std::optional<AddressBytes> source;
    const auto read = [&](const nlmsghdr* message) {
        if (message->nlmsg_type != RTM_NEWROUTE) return;
        for_each_attribute(message, sizeof(rtmsg), [&](const nlattr* attribute) {
            if (mnl_attr_get_type(attribute) == RTA_PREFSRC) source = bytes_of(attribute);
        });
    };
    if (!ask(socket->get(), request, read)) return std::nullopt;
    return source;
}

Result<NetworkWatch> NetworkWatch::open() {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    if (!socket) return fail_errno(errno, "cannot open rtnetlink");
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR |
                        RTMGRP_IPV6_ROUTE;
    if (bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        return fail_errno(errno, "cannot watch the network's changes");
    return NetworkWatch(std::move(socket));
}

Status NetworkWatch::read(const Events& events) {
    std::vector<char> buffer(32768);
    bool routes = false;
    while (true) {
        const ssize_t size = recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (size < 0) return fail_errno(errno, "cannot read the network's changes");
        int left = static_cast<int>(size);
        const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
        for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
            if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
                routes = true;
            else if (is_of_a_bridge(message))
                continue;
            else if (message->nlmsg_type == RTM_NEWLINK)
                events.came_or_changed(interface_of(message));
            else
                events.gone(interface_of(message).index);
        }
    }
    if (routes) events.routes_changed();
    return {};
}

std::optional<uint32_t> mtu_of(const std::string& interface) {
    ifreq request{};
    if (interface.size() >= sizeof request.ifr_name) return std::nullopt;
    interface.copy(request.ifr_name, interface.size());
    const Fd any(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (ioctl(any.get(), SIOCGIFMTU, &request) != 0) return std::nullopt;
    return static_cast<uint32_t>(request.ifr_mtu);
}

}  // namespace turnout::kernel
