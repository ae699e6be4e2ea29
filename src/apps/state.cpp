#include "apps/state.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "abi/drop.hpp"
#include "api/socket_path.hpp"
#include "apps/state_path.hpp"
#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/netns.hpp"
#include "director/pressure_watch.hpp"
#include "ipvs/socket_path.hpp"
#include "kernel/data_plane.hpp"
#include "kernel/interfaces.hpp"
#include "kernel/netns.hpp"
#include "tables/connections.hpp"

namespace turnout {
namespace {

// The process that listens at the director's socket, as the kernel vouches for it; 0 if none does.
int daemon_pid(uint64_t cookie) {
    const Fd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = ipvs::socket_path(cookie);
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 0;
    ucred peer{};
    socklen_t size = sizeof peer;
    if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return 0;
    return peer.pid;
}

Result<uint64_t> enter() {
    if (geteuid() != 0) return fail(EPERM, "only root may look at the data plane: use sudo");
    const auto cookie = netns_cookie();
    if (!cookie) return cookie;
    if (auto ok = kernel::enter_outer_mount_namespace(); !ok) return std::unexpected(ok.error());
    return cookie;
}

std::map<std::string, uint64_t> named_drops(const std::vector<uint64_t>& counts) {
    std::map<std::string, uint64_t> named;
#define X(name, number, text) named[text] = counts[number];
    TURNOUT_DROP_REASONS(X)
#undef X
    return named;
}

Result<std::vector<cli::InterfaceState>> interface_states(const kernel::PinnedDataPlane& plane) {
    const auto interfaces = kernel::list_interfaces();
    if (!interfaces) return std::unexpected(interfaces.error());
    std::vector<cli::InterfaceState> states;
    const auto lanes = plane.lanes();
    for (const kernel::Interface& interface : *interfaces)
        if (const auto at = lanes.find(interface.index); at != lanes.end())
            states.push_back({interface.name, at->second.xdp, at->second.tc});
    return states;
}

Result<cli::ConnectionParts> open_connections() {
    const auto cookie = enter();
    if (!cookie) return std::unexpected(cookie.error());
    auto opened = kernel::PinnedDataPlane::open(kernel::pin_directory(*cookie));
    if (!opened) return std::unexpected(opened.error());
    return [plane = std::shared_ptr(std::move(*opened))](uint32_t part, const auto& visit) {
        const abi::Tick now = abi::tick_of_ns(monotonic_ns());
        return tables::visit_connections(plane->rows(), part, now, visit);
    };
}

Result<cli::DirectorState> look() {
    const auto cookie = enter();
    if (!cookie) return std::unexpected(cookie.error());
    const auto plane = kernel::PinnedDataPlane::open(kernel::pin_directory(*cookie));
    if (!plane) return std::unexpected(plane.error());
    const tables::Rows& rows = (*plane)->rows();
    auto interfaces = interface_states(**plane);
    if (!interfaces) return std::unexpected(interfaces.error());

    cli::DirectorState state;
    state.daemon_pid = daemon_pid(*cookie);
    state.interfaces = std::move(*interfaces);
    state.connections_size = rows.buckets.size() * abi::bucket_fill;
    state.connections_used = tables::count_connections(rows, abi::tick_of_ns(monotonic_ns()));
    for (const auto& record : rows.service_records) state.services += record.in_use;
    for (const auto& record : rows.server_records)
        state.servers += record.use == abi::ServerUse::serving;
    state.defences = director::defences_up(*rows.settings);
    for (const auto& begun : rows.begun) state.stateless += begun.stateless;
    state.drops = named_drops((*plane)->drops());
    return state;
}

// A pidfd, so that nobody else is ended if the process ends by itself meanwhile.
Status end_daemon(int pid) {
    const Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!process) return errno == ESRCH ? Status{} : fail_errno(errno, "cannot reach turnoutd");
    if (syscall(SYS_pidfd_send_signal, process.get(), SIGTERM, nullptr, 0) != 0 && errno != ESRCH)
        return fail_errno(errno, "cannot end turnoutd");
    pollfd ended{process.get(), POLLIN, 0};
    if (poll(&ended, 1, 5000) != 1)
        return fail(ETIMEDOUT, "turnoutd (process " + std::to_string(pid) + ") does not end");
    return {};
}

// True when there was something to forget.
Result<bool> forget_services(uint64_t cookie) {
    const std::string path = noted_state_path(cookie);
    if (!is_state_file(path)) return false;
    if (unlink(path.c_str()) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return fail_errno(errno, "cannot remove " + path + ", in which services are saved");
}

Result<bool> bring_down(bool keep_services) {
    const auto cookie = enter();
    if (!cookie) return std::unexpected(cookie.error());
    const int pid = daemon_pid(*cookie);
    if (pid)
        if (auto ok = end_daemon(pid); !ok) return std::unexpected(ok.error());
    const auto removed = kernel::remove_data_plane(kernel::pin_directory(*cookie));
    if (!removed) return removed;
    const auto forgotten = keep_services ? Result<bool>(false) : forget_services(*cookie);
    if (!forgotten) return forgotten;
    forget_state_path(*cookie);
    unlink(("/run/turnout/" + std::to_string(*cookie) + ".lock").c_str());
    unlink(ipvs::socket_path(*cookie).c_str());
    unlink(api::socket_path(*cookie).c_str());
    return *removed || *forgotten || pid;
}

}  // namespace

cli::DirectorControl director_control() {
    return {look, bring_down};
}

cli::OpenConnections connections_of_director() {
    return open_connections;
}

}  // namespace turnout
