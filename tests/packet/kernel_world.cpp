// The kernel's worlds: the loaded programs, run on one frame at a time by BPF_PROG_TEST_RUN, in a
// network namespace that the test process makes for itself.
#include <bpf/bpf.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>

#include "abi/maps.hpp"
#include "kernel/data_plane.hpp"
#include "kernel/netns.hpp"
#include "packet/world.hpp"
#include "tables/convert.hpp"

namespace turnout::test {
namespace {

constexpr uint32_t loopback = 1;

Mac mac_of(const MacBytes& bytes) {
    Mac mac;
    std::memcpy(&mac, bytes.data(), sizeof mac);
    return mac;
}

// A director's interface with a way to the client and to the servers.
Status make_network() {
    if (unshare(CLONE_NEWNET) != 0) return fail_errno(errno, "cannot make a network namespace");
    const char* script =
        "set -e; ip link set lo up;"
        "ip link add dir0 address 02:00:00:00:00:01 type veth peer name far0;"
        "ip link set dir0 up; ip link set far0 up;"
        "ip addr add 10.1.0.1/24 dev dir0;"
        "ip addr add 2001:db8::10.1.0.1/120 dev dir0 nodad;"
        "for net in '' 2001:db8::; do"
        "  ip neigh add ${net}10.1.0.254 lladdr 02:00:00:00:00:02 dev dir0 nud permanent;"
        "  for n in 11 12 13 14; do"
        "    ip neigh add ${net}10.1.0.$n lladdr 02:00:00:00:00:03 dev dir0 nud permanent; done;"
        "  ip route add default via ${net}10.1.0.254; done";
    if (std::system(script) != 0) return fail(EIO, "cannot set the test network up with `ip`");
    if (auto ok = kernel::write_sysctl("net.ipv6.conf.lo.forwarding", "1"); !ok) return ok;
    return kernel::write_sysctl("net.ipv4.conf.lo.forwarding", "1");
}

class KernelWorld : public World {
  public:
    KernelWorld(std::unique_ptr<kernel::DataPlane> plane, std::string pins, bool complete,
                const Room& room)
        : plane_(std::move(plane)), pins_(std::move(pins)), complete_(complete), room_(room) {
        interface_ = if_nametoindex("dir0");
        for (const uint32_t ingress : {loopback, interface_})
            rows().interfaces[ingress] = {mac_of(director_mac), abi::interface_flag::served};
        const std::string tables = pins_ + "/v" + std::to_string(abi::tables_version) + "/";
        drops_fd_ = bpf_obj_get((tables + abi::map::drops).c_str());
        fragments_fd_ = bpf_obj_get((tables + abi::map::fragments).c_str());
    }
    ~KernelWorld() override {
        director_.reset();
        plane_.reset();
        close(drops_fd_);
        close(fragments_fd_);
        (void)kernel::remove_data_plane(pins_);
    }

    std::string name() const override { return complete_ ? "kernel-tc" : "kernel-xdp"; }
    bool is_complete() const override { return complete_; }
    tables::Rows& rows() override { return plane_->rows(); }
    int program() const override { return program(complete_); }
    int table(const char* name) const override { return plane_->table(name); }

    director::Director& fresh() override {
        if (director_) {
            (void)director_->apply(model::RemoveAll{});
            while (!director_->mark_rules().empty())
                (void)director_->remove_mark_rule(director_->mark_rules().back().number);
            for (auto& bucket : rows().buckets) bucket = {};
            for (auto& state : rows().server_states) state = {};
            forget_fragments();
            clock_offset_ns_ += 1000000000000;
            director_->tick();
        }
        director_.reset();
        director_ = std::make_unique<director::Director>(
            rows(), model::Limits{.services = room_.services, .servers = room_.servers},
            [](const model::Address& to) { return std::optional(source_for(to)); },
            [this] { return monotonic_ns() + clock_offset_ns_; });
        for (uint32_t reason = 0; reason < abi::drop_rows; ++reason)
            drops_before_[reason] = drops_now(reason);
        return *director_;
    }

    Outcome run_in(bool complete, const Bytes& frame, uint32_t mark) override {
        Outcome outcome;
        outcome.frame.resize(8192);
        __sk_buff context{};
        context.ifindex = context.ingress_ifindex = interface_;
        context.mark = mark;
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(),
                    .data_out = outcome.frame.data(),
                    .data_size_in = static_cast<uint32_t>(frame.size()),
                    .data_size_out = static_cast<uint32_t>(outcome.frame.size()));
        if (complete) {
            options.ctx_in = &context;
            options.ctx_size_in = sizeof context;
        }
        tell_time();
        if (bpf_prog_test_run_opts(program(complete), &options) != 0) {
            std::perror("BPF_PROG_TEST_RUN");
            std::abort();
        }
        outcome.frame.resize(options.data_size_out);
        outcome.verdict = complete ? tc_verdict(options.retval) : xdp_verdict(options.retval);
        outcome.resolving = complete;
        return outcome;
    }

    void warm() override {
        if (complete_) return;  // it asks the kernel
        const abi::Tick now = tell_time();
        const abi::Neighbour to_server{loopback, 1500, mac_of(server_mac), mac_of(director_mac),
                                       now};
        const abi::Neighbour to_client{loopback, 1500, mac_of(client_mac), mac_of(director_mac),
                                       now};
        rows().neighbours[1] = to_server;
        rows().neighbours[2] = to_client;
        for (auto& server : rows().servers) server.hop = abi::hop_ref(1, abi::coarse_second(now));
        for (auto& bucket : rows().buckets)
            for (auto& connection : bucket.connection)
                if (connection.tuple.kind == abi::TupleKind::connection &&
                    abi::method_of(connection.status) == abi::Method::nat)
                    connection.hop = abi::hop_ref(2, abi::coarse_second(now));
    }

    Status start_sweeper() override { return plane_->start_sweeper(); }
    uint64_t drops(abi::Drop reason) override {
        const auto row = static_cast<uint32_t>(reason);
        return drops_now(row) - drops_before_[row];
    }

  private:
    // For the sweeper, which not every test starts.
    abi::Tick tell_time() { return rows().settings->now = abi::tick_of_ns(monotonic_ns()); }
    int program(bool complete) const {
        return plane_->program(complete ? "turnout_tc" : "turnout_xdp");
    }
    void forget_fragments() const {
        FragmentKey key;
        while (bpf_map_get_next_key(fragments_fd_, nullptr, &key) == 0)
            bpf_map_delete_elem(fragments_fd_, &key);
    }

    static Verdict tc_verdict(uint32_t action) {
        if (action == TC_ACT_SHOT) return Verdict::drop;
        return action == TC_ACT_REDIRECT ? Verdict::transmit : Verdict::pass;
    }
    static Verdict xdp_verdict(uint32_t action) {
        if (action == XDP_DROP) return Verdict::drop;
        return action == XDP_TX || action == XDP_REDIRECT ? Verdict::transmit : Verdict::pass;
    }

    uint64_t drops_now(uint32_t row) const {
        uint64_t per_cpu[256] = {};
        bpf_map_lookup_elem(drops_fd_, &row, per_cpu);
        uint64_t sum = 0;
        for (const uint64_t count : per_cpu) sum += count;
        return sum;
    }

    std::unique_ptr<kernel::DataPlane> plane_;
    std::string pins_;
    bool complete_;
    Room room_;
    uint32_t interface_ = 0;
    int drops_fd_ = -1, fragments_fd_ = -1;
    uint64_t clock_offset_ns_ = 0;
    uint64_t drops_before_[abi::drop_rows] = {};
    std::unique_ptr<director::Director> director_;
};

}  // namespace

Result<std::unique_ptr<World>> kernel_world(bool complete, const Room& room) {
    static const Status network = make_network();
    if (!network) return std::unexpected(network.error());
    if (auto ok = kernel::ensure_bpffs(kernel::bpffs); !ok) return std::unexpected(ok.error());
    const std::string pins = std::string(kernel::bpffs) + "/turnout/test-" +
                             std::to_string(getpid()) + (complete ? "-tc" : "-xdp");
    auto plane = kernel::DataPlane::load(pins, {.connection_bits = room.connection_bits,
                                                .services = room.services,
                                                .servers = room.servers,
                                                .rings = room.rings});
    if (!plane) return std::unexpected(plane.error());
    if (auto ok = (*plane)->commit(); !ok) return std::unexpected(ok.error());
    return std::make_unique<KernelWorld>(std::move(*plane), pins, complete, room);
}

}  // namespace turnout::test
