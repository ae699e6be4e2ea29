#include "apps/daemon.hpp"

#include <fcntl.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <set>

#include "abi/maps.hpp"
#include "api/server.hpp"
#include "api/socket_path.hpp"
#include "apps/state_path.hpp"
#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/netns.hpp"
#include "config/state_file.hpp"
#include "director/director.hpp"
#include "ipvs/server.hpp"
#include "ipvs/socket_path.hpp"
#include "kernel/data_plane.hpp"
#include "kernel/endings.hpp"
#include "kernel/interfaces.hpp"
#include "kernel/netns.hpp"

namespace turnout {
namespace {

namespace asio = boost::asio;

// One daemon per network namespace: the lock is held as long as the process lives.
Result<Fd> take_lock(uint64_t cookie) {
    mkdir("/run/turnout", 0755);
    const std::string path = "/run/turnout/" + std::to_string(cookie) + ".lock";
    Fd lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) return fail_errno(errno, "cannot open " + path);
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
        return fail(EADDRINUSE,
                    "another turnoutd is running in this network namespace; stop that one first, "
                    "or see `turnout status`");
    return lock;
}

kernel::AddressBytes bytes_of(const model::Address& address) {
    const auto begin = address.bytes.begin();
    return {begin, begin + (address.family == model::Family::ipv4 ? 4 : 16)};
}

std::optional<model::Address> source_for(const model::Address& to) {
    const kernel::AddressBytes bytes = bytes_of(to);
    const auto source = kernel::source_for(bytes);
    if (!source || source->size() != bytes.size()) return std::nullopt;
    model::Address address;
    address.family = to.family;
    std::copy(source->begin(), source->end(), address.bytes.begin());
    return address;
}

// An interface that is named on the command line has to be one that we can serve.
Status check_named(const std::vector<kernel::Interface>& interfaces, const std::string& name) {
    const auto named =
        std::find_if(interfaces.begin(), interfaces.end(),
                     [&](const kernel::Interface& interface) { return interface.name == name; });
    if (named == interfaces.end())
        return fail(ENODEV, "--interface '" + name +
                                "': there is none of that name in this network namespace; "
                                "`ip link` lists them");
    if (!named->ethernet && !named->loopback)
        return fail(EINVAL, "--interface " + name +
                                ": it carries no Ethernet frames of its own; of a bond, name the "
                                "bond and not its members");
    return {};
}

class Daemon {
  public:
    // `state`: the file to save in, or none.
    Daemon(const Options& options, uint64_t cookie, std::unique_ptr<kernel::DataPlane> plane,
           kernel::NetworkWatch watch, const std::optional<std::string>& state)
        : options_(options),
          plane_(std::move(plane)),
          watch_(std::move(watch)),
          director_(
              plane_->rows(),
              {.services = plane_->sizes().services, .servers = plane_->sizes().servers},
              source_for, monotonic_ns, [this](const auto& a) { return is_own(a); },
              kernel::mtu_of),
          server_(io_, director_, ipvs::socket_path(cookie)),
          api_(io_, director_, api::socket_path(cookie)),
          network_(io_, watch_.fd()),
          endings_ready_(io_),
          signals_(io_, SIGTERM, SIGINT),
          ticker_(io_),
          saver_(io_) {
        if (state) state_file_.emplace(*state, director_, director_, monotonic_ns);
    }
    ~Daemon() {
        network_.release();
        if (endings_) endings_ready_.release();
    }

    // `saved`: what a new data plane begins with.
    Status start(const std::optional<config::Saved>& saved);
    // Returns after a signal.  An error: the last changes could not be saved.
    Status run();

  private:
    Status fill(const std::optional<config::Saved>& saved);
    Status save();
    void save_soon();
    Status serve_interfaces();
    Status serve(const kernel::Interface& interface);
    void warn_of_lost_tags(const kernel::Interface& interface);
    bool is_wanted(const kernel::Interface& interface) const;
    bool must_serve_all() const;
    kernel::XdpMode mode_of(const kernel::Interface& interface) const;
    void take_in(const kernel::Interface& interface);
    bool is_own(const model::Address& address) const;
    void look_at_addresses();
    void follow_network();
    Status hear_of_endings();
    void follow_endings();
    void keep_time();

    const Options& options_;
    asio::io_context io_{1};
    std::unique_ptr<kernel::DataPlane> plane_;
    kernel::NetworkWatch watch_;
    std::set<kernel::AddressBytes> addresses_;
    std::set<uint32_t> carriers_of_vlans_, told_of_tags_;
    director::Director director_;
    ipvs::Server server_;
    api::Server api_;
    asio::posix::stream_descriptor network_, endings_ready_;
    std::unique_ptr<kernel::Endings> endings_;
    asio::signal_set signals_;
    asio::steady_timer ticker_, saver_;
    std::optional<config::StateFile> state_file_;
    bool unsaved_ = false;
};

// Routes are asked for as if packets came in by `lo`, and replies to clients on this machine do
// come in by it, from an address of its own: see the complete lane.
Status prepare_loopback() {
    if (auto ok = kernel::write_sysctl("net.ipv4.conf.lo.accept_local", "1"); !ok) return ok;
    const Status ipv4 = kernel::write_sysctl("net.ipv4.conf.lo.forwarding", "1");
    const Status ipv6 = kernel::write_sysctl("net.ipv6.conf.lo.forwarding", "1");
    const bool without_ipv6 = !ipv6 && ipv6.error().code == ENOENT;
    return ipv4 && !without_ipv6 ? ipv6 : ipv4;
}

// Forwarding first, then the sockets: whoever is answered can rely on the packets.
Status Daemon::start(const std::optional<config::Saved>& saved) {
    director_.tell_events([](const std::string& event) { spdlog::info("{}", event); });
    if (auto ok = fill(saved); !ok) return ok;
    if (auto ok = prepare_loopback(); !ok) return ok;
    if (auto ok = plane_->start_sweeper(); !ok) return ok;
    if (auto ok = serve_interfaces(); !ok) return ok;
    look_at_addresses();
    if (auto ok = save(); !ok) return ok;
    director_.watch([this] { save_soon(); });
    if (auto ok = server_.start(); !ok) return ok;
    if (auto ok = api_.start(); !ok) return ok;
    if (auto ok = hear_of_endings(); !ok) return ok;
    follow_network();
    keep_time();
    signals_.async_wait([this](auto, int) { io_.stop(); });
    return {};
}

Status Daemon::run() {
    io_.run();
    return unsaved_ ? save() : Status{};
}

std::unexpected<Error> unfit(const Error& error) {
    return fail(error.code, "what was saved cannot be restored: " + error.message +
                                "; mend the state file, or start with another --state");
}

// What was saved comes before any packet meets the tables, and before they can be adopted.
Status Daemon::fill(const std::optional<config::Saved>& saved) {
    if (saved && !plane_->adopted())
        if (auto ok = config::restore(*saved, director_, director_); !ok) return unfit(ok.error());
    if (saved && plane_->adopted())
        if (auto ok = config::restore_daemons(*saved, director_); !ok) return unfit(ok.error());
    return plane_->commit();
}

Status Daemon::save() {
    unsaved_ = false;
    return state_file_ ? state_file_->save() : Status{};
}

void Daemon::save_soon() {
    if (unsaved_ || !state_file_) return;
    unsaved_ = true;
    saver_.expires_after(state_file_->delay());
    saver_.async_wait([this](auto error) {
        if (error) return;
        const auto saved = save();
        if (saved) return;
        spdlog::error("{}", saved.error().message);
        save_soon();
    });
}

bool Daemon::is_wanted(const kernel::Interface& interface) const {
    if (!interface.ethernet && !interface.loopback) return false;
    const auto& names = options_.interfaces;
    return names.empty() || std::find(names.begin(), names.end(), interface.name) != names.end();
}

// Network cards take tags off before XDP sees the frame, which then looks like an untagged one.
kernel::XdpMode Daemon::mode_of(const kernel::Interface& interface) const {
    const bool unsafe = carriers_of_vlans_.contains(interface.index);
    return unsafe && options_.xdp == kernel::XdpMode::automatic ? kernel::XdpMode::off
                                                                : options_.xdp;
}

// Who insists on XDP is told, once, what that takes.
void Daemon::warn_of_lost_tags(const kernel::Interface& interface) {
    if (!carriers_of_vlans_.contains(interface.index) || !kernel::takes_tags_off(interface.name) ||
        !told_of_tags_.insert(interface.index).second)
        return;
    spdlog::warn(
        "{0}: VLANs are on it, and it takes their tags off before XDP sees a frame, which then "
        "looks untagged and may be forwarded as such: ethtool -K {0} rxvlan off (of a veth pair, "
        "also "
        "ethtool -K PEER txvlan off tx-vlan-stag-hw-insert off at its far end), or use --xdp auto",
        interface.name);
}

Status Daemon::serve(const kernel::Interface& interface) {
    const auto lanes = plane_->attach(interface, mode_of(interface));
    if (!lanes) return fail(lanes.error().code, interface.name + ": " + lanes.error().message);
    if (lanes->xdp != "off") warn_of_lost_tags(interface);
    return {};
}

// What was asked for by name must hold; else, an interface that cannot be served is told and left
// out.
bool Daemon::must_serve_all() const {
    return !options_.interfaces.empty() || options_.xdp == kernel::XdpMode::native ||
           options_.xdp == kernel::XdpMode::generic;
}

Status Daemon::serve_interfaces() {
    const auto interfaces = kernel::list_interfaces();
    if (!interfaces) return std::unexpected(interfaces.error());
    for (const std::string& name : options_.interfaces)
        if (auto ok = check_named(*interfaces, name); !ok) return ok;
    for (const kernel::Interface& interface : *interfaces)
        if (interface.vlan_of) carriers_of_vlans_.insert(interface.vlan_of);
    for (const kernel::Interface& interface : *interfaces) {
        if (!is_wanted(interface)) continue;
        const Status served = serve(interface);
        if (!served && must_serve_all()) return served;
        if (!served) spdlog::warn("{}", served.error().message);
    }
    // Last, so that a daemon which cannot start takes nothing away from an earlier one's.
    for (const kernel::Interface& interface : *interfaces)
        if (!is_wanted(interface)) plane_->detach(interface.index);
    return {};
}

bool Daemon::is_own(const model::Address& address) const {
    const bool loopback = address.family == model::Family::ipv4 && address.bytes[0] == 127;
    return loopback || addresses_.contains(bytes_of(address));
}

// Where servers are, and where tunnels begin, follows the addresses and routes that there are.
void Daemon::look_at_addresses() {
    if (auto addresses = kernel::list_addresses())
        addresses_ = {addresses->begin(), addresses->end()};
    else
        spdlog::warn("{}", addresses.error().message);
    director_.routes_changed();
}

// An interface has come or changed.
void Daemon::take_in(const kernel::Interface& interface) {
    // One that has joined a bond is wanted no longer.
    if (!is_wanted(interface)) return plane_->detach(interface.index);
    const bool first_vlan =
        interface.vlan_of && carriers_of_vlans_.insert(interface.vlan_of).second;
    if (const auto served = first_vlan ? serve_interfaces() : serve(interface); !served)
        spdlog::warn("{}", served.error().message);
}

void Daemon::follow_network() {
    network_.async_wait(asio::posix::stream_descriptor::wait_read, [this](auto error) {
        if (error) return;
        const auto read = watch_.read({
            .came_or_changed = [this](const kernel::Interface& interface) { take_in(interface); },
            .gone =
                [this](uint32_t index) {
                    plane_->forget(index);
                    told_of_tags_.erase(index);
                },
            .routes_changed = [this] { look_at_addresses(); },
        });
        // Messages were lost: look at everything anew.
        if (!read) {
            if (const auto served = serve_interfaces(); !served)
                spdlog::warn("{}", served.error().message);
            look_at_addresses();
        }
        follow_network();
    });
}

Status Daemon::hear_of_endings() {
    auto endings = kernel::Endings::open(plane_->table(abi::map::endings),
                                         plane_->rows().interfaces, monotonic_ns);
    if (!endings) return std::unexpected(endings.error());
    endings_ = std::move(*endings);
    endings_ready_.assign(endings_->fd());
    follow_endings();
    return {};
}

void Daemon::follow_endings() {
    endings_ready_.async_wait(asio::posix::stream_descriptor::wait_read, [this](auto error) {
        if (error) return;
        endings_->send_resets();
        follow_endings();
    });
}

void Daemon::keep_time() {
    ticker_.expires_after(std::chrono::nanoseconds(director::Estimator::period_ns));
    ticker_.async_wait([this](auto error) {
        if (error) return;
        director_.tick();
        keep_time();
    });
}

}  // namespace

Status run_daemon(const Options& options) {
    spdlog::set_default_logger(spdlog::stderr_color_mt("turnoutd"));
    spdlog::set_pattern("turnoutd: %v");
    const std::string named_state = absolute_state_path(options.state);
    if (geteuid() != 0)
        return fail(EPERM, "loading programs into the kernel is for root: use sudo");
    const auto cookie = netns_cookie();
    if (!cookie) return std::unexpected(cookie.error());
    if (auto ok = kernel::enter_outer_mount_namespace(); !ok) return ok;
    if (auto ok = kernel::ensure_bpffs(kernel::bpffs); !ok) return ok;
    const auto lock = take_lock(*cookie);
    if (!lock) return std::unexpected(lock.error());
    auto watch = kernel::NetworkWatch::open();
    if (!watch) return std::unexpected(watch.error());

    const std::string path = named_state.empty() ? standard_state_path() : named_state;
    if (path.empty())
        spdlog::warn(
            "this network namespace has no name that would outlive it, so services are not saved; "
            "--state names a file");
    const auto state = is_state_file(path) ? std::optional(path) : std::nullopt;
    const auto saved = state ? config::StateFile::read(*state) : std::nullopt;
    if (!saved) return std::unexpected(saved.error());
    const std::string pins = kernel::pin_directory(*cookie);
    auto plane = kernel::DataPlane::load(pins, options.sizes, options.xdp);
    if (!plane) return std::unexpected(plane.error());
    if ((*plane)->sizes().connection_bits != options.sizes.connection_bits && options.sizes_given)
        spdlog::warn(
            "the connection table is in use with 2^{} connections and keeps that size; "
            "`turnout down --keep-services` gives it up",
            (*plane)->sizes().connection_bits);
    if (const uint32_t lost = (*plane)->lost_records())
        spdlog::warn("{} connections of the version before found no room in the tables", lost);
    const bool adopted = (*plane)->adopted();
    Daemon daemon(options, *cookie, std::move(*plane), std::move(*watch), state);
    if (auto ok = daemon.start(*saved); !ok) {
        if (!adopted) (void)kernel::remove_data_plane(pins);
        return ok;
    }
    if (auto ok = note_state_path(*cookie, path); !ok) return ok;
    std::printf("READY %s\n", adopted ? "adopted the data plane that was there" : "new data plane");
    std::fflush(stdout);
    sd_notify(0, "READY=1");
    const auto ended = daemon.run();
    sd_notify(0, "STOPPING=1");
    return ended;
}

}  // namespace turnout
