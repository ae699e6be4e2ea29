#include "realserver/netlink.hpp"

#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstring>
#include <functional>
#include <memory>

namespace turnout::realserver::netlink {

namespace {

using Visit = std::function<void(const nlmsghdr*)>;
using Buffer = std::array<char, 16384>;  // a dump fills up to this much at once
using Socket = std::unique_ptr<mnl_socket, int (*)(mnl_socket*)>;

// A message under construction: header, fixed part, attributes.
template <class Fixed>
struct Request {
    alignas(nlmsghdr) Buffer buffer{};
    nlmsghdr* header = mnl_nlmsg_put_header(buffer.data());
    Fixed* fixed = static_cast<Fixed*>(mnl_nlmsg_put_extra_header(header, sizeof(Fixed)));

    Request(uint16_t type, uint16_t flags) {
        header->nlmsg_type = type;
        header->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
        header->nlmsg_seq = 1;
    }
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
};

int call_visit(const nlmsghdr* message, void* visit) {
    (*static_cast<const Visit*>(visit))(message);
    return MNL_CB_OK;
}

// Sends a request and visits every answer up to the acknowledgement or the dump's end.
Status transact(const nlmsghdr* request, const std::string& what, const Visit& visit = {}) {
    const Socket socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC), mnl_socket_close);
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0 ||
        mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0)
        return fail_errno(errno, what);
    Buffer buffer;
    for (int more = MNL_CB_OK; more > MNL_CB_STOP;) {
        const auto length = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
        if (length < 0) return fail_errno(errno, what);
        more = mnl_cb_run(buffer.data(), static_cast<size_t>(length), request->nlmsg_seq,
                          mnl_socket_get_portid(socket.get()), visit ? call_visit : nullptr,
                          const_cast<Visit*>(&visit));
        if (more < 0) return fail_errno(errno, what);
    }
    return {};
}

template <class Fixed>
const Fixed& fixed_part(const nlmsghdr* message) {
    return *static_cast<const Fixed*>(mnl_nlmsg_get_payload(message));
}

struct Search {
    uint16_t type;
    const nlattr* found = nullptr;
};

int compare_type(const nlattr* attribute, void* data) {
    auto& search = *static_cast<Search*>(data);
    if (mnl_attr_get_type(attribute) == search.type) search.found = attribute;
    return MNL_CB_OK;
}

template <class Fixed>
const nlattr* find(const nlmsghdr* message, uint16_t type) {
    Search search{type};
    mnl_attr_parse(message, sizeof(Fixed), compare_type, &search);
    return search.found;
}

size_t length_of(const model::Address& address) {
    return address.family == model::Family::ipv4 ? 4 : 16;
}

Link parse_link(const nlmsghdr* message) {
    const auto& info = fixed_part<ifinfomsg>(message);
    const auto* name = find<ifinfomsg>(message, IFLA_IFNAME);
    const auto* mtu = find<ifinfomsg>(message, IFLA_MTU);
    return {.index = info.ifi_index,
            .name = name ? mnl_attr_get_str(name) : "",
            .mtu = mtu ? mnl_attr_get_u32(mtu) : 0,
            .ethernet = info.ifi_type == ARPHRD_ETHER,
            .answers_arp = (info.ifi_flags & (IFF_NOARP | IFF_LOOPBACK)) == 0,
            .enslaved = find<ifinfomsg>(message, IFLA_MASTER) != nullptr};
}

// IPv6 has no scope of a host.  An address no longer preferred is never chosen as source.
void keep_to_oneself(Request<ifaddrmsg>& request) {
    const ifa_cacheinfo lifetimes{
        .ifa_prefered = 0, .ifa_valid = UINT32_MAX, .cstamp = 0, .tstamp = 0};
    request.fixed->ifa_flags = IFA_F_NODAD;
    mnl_attr_put(request.header, IFA_CACHEINFO, sizeof lifetimes, &lifetimes);
}

Status change_address(uint16_t type, uint16_t flags, int index, const model::Address& address,
                      const std::string& what) {
    const auto length = length_of(address);
    Request<ifaddrmsg> request(type, static_cast<uint16_t>(NLM_F_ACK | flags));
    request.fixed->ifa_family = static_cast<uint8_t>(address.family);
    request.fixed->ifa_prefixlen = static_cast<uint8_t>(length * 8);
    request.fixed->ifa_scope = RT_SCOPE_HOST;
    request.fixed->ifa_index = static_cast<uint32_t>(index);
    mnl_attr_put(request.header, IFA_LOCAL, length, address.bytes.data());
    mnl_attr_put(request.header, IFA_ADDRESS, length, address.bytes.data());
    if (address.family == model::Family::ipv6) keep_to_oneself(request);
    return transact(request.header, what + " " + address.to_string());
}

Result<bool> any_filter(int index, uint32_t parent) {
    Request<tcmsg> request(RTM_GETTFILTER, NLM_F_DUMP);
    request.fixed->tcm_ifindex = index;
    request.fixed->tcm_parent = parent;
    bool any = false;
    auto done =
        transact(request.header, "listing tc filters", [&](const nlmsghdr*) { any = true; });
    if (!done) return std::unexpected(done.error());
    return any;
}

}  // namespace

Result<std::vector<Link>> links() {
    Request<ifinfomsg> request(RTM_GETLINK, NLM_F_DUMP);
    std::vector<Link> found;
    auto done = transact(request.header, "listing interfaces",
                         [&](const nlmsghdr* message) { found.push_back(parse_link(message)); });
    if (!done) return std::unexpected(done.error());
    return found;
}

Result<std::vector<Held>> holders(const model::Address& address) {
    Request<ifaddrmsg> request(RTM_GETADDR, NLM_F_DUMP);
    request.fixed->ifa_family = static_cast<uint8_t>(address.family);
    std::vector<Held> found;
    auto done = transact(request.header, "listing addresses", [&](const nlmsghdr* message) {
        // IFA_LOCAL is the address itself; IPv6 has IFA_ADDRESS alone.
        const auto* local = find<ifaddrmsg>(message, IFA_LOCAL);
        if (!local) local = find<ifaddrmsg>(message, IFA_ADDRESS);
        const auto length = length_of(address);
        if (!local || mnl_attr_get_payload_len(local) != length) return;
        if (std::memcmp(mnl_attr_get_payload(local), address.bytes.data(), length) != 0) return;
        const auto& info = fixed_part<ifaddrmsg>(message);
        found.push_back({static_cast<int>(info.ifa_index), info.ifa_prefixlen});
    });
    if (!done) return std::unexpected(done.error());
    return found;
}

Status add_address(int index, const model::Address& address) {
    return change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, address, "adding");
}

Status remove_address(int index, const model::Address& address) {
    return change_address(RTM_DELADDR, 0, index, address, "removing");
}

Result<bool> has_clsact(int index) {
    Request<tcmsg> request(RTM_GETQDISC, NLM_F_DUMP);
    bool found = false;
    auto done = transact(request.header, "listing tc hooks", [&](const nlmsghdr* message) {
        const auto* kind = find<tcmsg>(message, TCA_KIND);
        found |= fixed_part<tcmsg>(message).tcm_ifindex == index && kind &&
                 std::strcmp(mnl_attr_get_str(kind), "clsact") == 0;
    });
    if (!done) return std::unexpected(done.error());
    return found;
}

Result<bool> has_filters(int index) {
    for (const uint32_t direction : {TC_H_MIN_INGRESS, TC_H_MIN_EGRESS}) {
        auto any = any_filter(index, TC_H_MAKE(TC_H_CLSACT, direction));
        if (!any || *any) return any;
    }
    return false;
}

}  // namespace turnout::realserver::netlink
