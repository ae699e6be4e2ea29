#include "kernel/endings.hpp"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "kernel/reset_packets.hpp"
#include "table/ending.hpp"

namespace turnout::kernel {
namespace {

// Older news is of connections that have ended by themselves.
constexpr auto news_is_good_for = static_cast<int32_t>(2 * told_before_end);

Fd raw_socket(int family, int type, int protocol) {
    return Fd(socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
}

// An interface whose egress leads into the complete lane: `lo` if it is served.
uint32_t way_in(std::span<const abi::Interface> interfaces) {
    const auto is_served = [](const abi::Interface& interface) {
        return (interface.flags & abi::interface_flag::served) != 0;
    };
    const uint32_t loopback = if_nametoindex("lo");
    if (loopback < interfaces.size() && is_served(interfaces[loopback])) return loopback;
    const auto served = std::ranges::find_if(interfaces, is_served);
    return served == interfaces.end() ? 0 : static_cast<uint32_t>(served - interfaces.begin());
}

}  // namespace

Endings::Endings(std::span<const abi::Interface> interfaces, Clock clock)
    : interfaces_(interfaces), clock_(std::move(clock)) {}

Endings::~Endings() {
    ring_buffer__free(ring_);
}

Result<std::unique_ptr<Endings>> Endings::open(int ring, std::span<const abi::Interface> interfaces,
                                               Clock clock) {
    std::unique_ptr<Endings> endings(new Endings(interfaces, std::move(clock)));
    endings->ring_ = ring_buffer__new(ring, take, endings.get(), nullptr);
    if (!endings->ring_) return fail_errno(errno, "cannot hear which connections expire");
    if (auto ok = endings->open_sockets(); !ok) return std::unexpected(ok.error());
    return endings;
}

Status Endings::open_sockets() {
    frames_ = raw_socket(AF_PACKET, SOCK_RAW, 0);
    ipv4_ = raw_socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
    ipv6_ = raw_socket(AF_INET6, SOCK_RAW, IPPROTO_RAW);
    const bool without_ipv6 = !ipv6_ && errno == EAFNOSUPPORT;
    if (frames_ && ipv4_ && (ipv6_ || without_ipv6)) return {};
    return fail_errno(errno, "cannot open a raw socket, for CAP_NET_RAW is needed");
}

int Endings::fd() const {
    return ring_buffer__epoll_fd(ring_);
}

void Endings::send_resets() {
    ring_buffer__consume(ring_);
}

int Endings::take(void* self, void* data, size_t size) {
    abi::Ending ending;
    if (size < sizeof ending) return 0;
    std::memcpy(&ending, data, sizeof ending);
    static_cast<const Endings*>(self)->send(ending);
    return 0;
}

void Endings::send(const abi::Ending& ending) const {
    if (abi::elapsed(ending.told, abi::tick_of_ns(clock_())) > news_is_good_for) return;
    send_to_server(ending);
    send_to_client(ending);
}

void Endings::send_to_client(const abi::Ending& ending) const {
    const std::vector<uint8_t> packet = reset_for_client(ending);
    const auto send_by = [&](const Fd& socket, const auto& to) {
        (void)sendto(socket.get(), packet.data(), packet.size(), 0,
                     reinterpret_cast<const sockaddr*>(&to), sizeof to);
    };
    if (ending.tuple.family == abi::Family::ipv4) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_addr.s_addr = ending.tuple.client.word[0].raw;
        send_by(ipv4_, to);
    } else {
        sockaddr_in6 to{};
        to.sin6_family = AF_INET6;
        std::memcpy(&to.sin6_addr, ending.tuple.client.word, sizeof to.sin6_addr);
        send_by(ipv6_, to);
    }
}

void Endings::send_to_server(const abi::Ending& ending) const {
    const uint32_t index = way_in(interfaces_);
    if (!index) return;
    const bool ipv4 = ending.tuple.family == abi::Family::ipv4;
    const std::vector<uint8_t> packet = reset_for_server(ending);
    ether_header ethernet{};
    static_assert(sizeof ethernet.ether_dhost == sizeof(Mac));
    std::memcpy(ethernet.ether_dhost, &interfaces_[index].address, sizeof ethernet.ether_dhost);
    ethernet.ether_type = htons(ipv4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
    std::vector<uint8_t> frame(sizeof ethernet + packet.size());
    std::memcpy(frame.data(), &ethernet, sizeof ethernet);
    std::ranges::copy(packet, frame.begin() + sizeof ethernet);

    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(index);
    to.sll_protocol = ethernet.ether_type;
    (void)sendto(frames_.get(), frame.data(), frame.size(), 0,
                 reinterpret_cast<const sockaddr*>(&to), sizeof to);
}

}  // namespace turnout::kernel
