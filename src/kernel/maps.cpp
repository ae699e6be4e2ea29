#include "kernel/maps.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "abi/maps.hpp"

namespace turnout::kernel {
namespace {

// membarrier's global command ends when every RCU reader that had begun has ended; the data plane
// runs as one.  Kernels with tickless CPUs refuse it: then time must do.
void wait_for_packets() {
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

Result<Fd> open_pinned(const std::string& directory, const char* name) {
    Fd fd(bpf_obj_get((directory + "/" + name).c_str()));
    if (!fd) return fail_errno(errno, "cannot open table " + std::string(name));
    return fd;
}

Result<uint32_t> row_count(const Fd& fd, const char* name) {
    bpf_map_info info{};
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0)
        return fail_errno(errno, "cannot tell the size of table " + std::string(name));
    return info.max_entries;
}

}  // namespace

template <class Value>
std::optional<Value> KernelIndex<Value>::get(const abi::Endpoint& key) const {
    Value value{};
    if (bpf_map_lookup_elem(fd_.get(), &key, &value) != 0) return std::nullopt;
    return value;
}

template <class Value>
Status KernelIndex<Value>::put(const abi::Endpoint& key, const Value& value) {
    if (bpf_map_update_elem(fd_.get(), &key, &value, BPF_ANY) != 0)
        return fail_errno(errno, "the kernel refuses an entry of an index");
    return {};
}

template <class Value>
Status KernelIndex<Value>::erase(const abi::Endpoint& key) {
    if (bpf_map_delete_elem(fd_.get(), &key) != 0 && errno != ENOENT)
        return fail_errno(errno, "the kernel refuses to remove an entry of an index");
    return {};
}

template class KernelIndex<uint32_t>;
template class KernelIndex<abi::ReplyService>;
template class KernelIndex<abi::Address>;

template <class Row>
Status Maps::open_array(const std::string& directory, const char* name, MappedArray<Row>& array,
                        std::span<Row>& span) {
    const auto fd = open_pinned(directory, name);
    if (!fd) return std::unexpected(fd.error());
    const auto count = row_count(*fd, name);
    if (!count) return std::unexpected(count.error());
    auto mapped = MappedArray<Row>::map(fd->get(), *count, name);
    if (!mapped) return std::unexpected(mapped.error());
    array = std::move(*mapped);
    span = array.rows();
    return {};
}

Result<std::unique_ptr<Maps>> Maps::open(const std::string& directory) {
    auto maps = std::make_unique<Maps>();
    if (auto ok = maps->open_all(directory); !ok) return std::unexpected(ok.error());
    return maps;
}

Status Maps::open_all(const std::string& directory) {
    namespace names = abi::map;
    Status ok;
    std::span<abi::Common> common;
    std::span<abi::Pressure> pressure;
    const auto array = [&](const char* name, auto& mapped, auto& span) {
        if (ok) ok = open_array(directory, name, mapped, span);
    };
    array(names::common, common_, common);
    array(names::pressure, pressure_, pressure);
    array(names::services, services_, rows.services);
    array(names::plans, plans_, rows.plans);
    array(names::candidates, candidates_, rows.candidates);
    array(names::candidate_groups, candidate_groups_, rows.candidate_groups);
    array(names::rings, rings_, rows.rings);
    array(names::mark_rules, mark_rules_, rows.mark_rules);
    array(names::cursors, cursors_, rows.cursors);
    array(names::servers, servers_, rows.servers);
    array(names::server_states, server_states_, rows.server_states);
    array(names::service_records, service_records_, rows.service_records);
    array(names::server_records, server_records_, rows.server_records);
    array(names::counters, begun_, rows.begun);
    array(names::traffic, traffic_, rows.traffic);
    array(names::connections, buckets_, rows.buckets);
    array(names::endpoints, endpoints_, rows.endpoints);
    if (!ok) return ok;
    rows.settings = &common.front().settings;
    rows.timeouts = common.front().timeouts;
    rows.filter = common.front().filter;
    rows.interfaces = common.front().interfaces;
    rows.neighbours = common.front().neighbours;
    rows.pressure = pressure.data();
    // The last ones, one for every CPU, are scratch.
    rows.buckets =
        rows.buckets.first(rows.buckets.size() - static_cast<size_t>(libbpf_num_possible_cpus()));

    auto service_ids = open_pinned(directory, names::service_index);
    auto replies = open_pinned(directory, names::reply_services);
    auto near_ends = open_pinned(directory, names::near_ends);
    auto drop_counts = open_pinned(directory, names::drops);
    auto calls = open_pinned(directory, names::calls);
    for (const auto* fd : {&service_ids, &replies, &near_ends, &drop_counts, &calls})
        if (!*fd) return std::unexpected(fd->error());
    calls_ = std::move(*calls);
    rows.call_at = [this](uint32_t location) -> std::optional<abi::NamedCall> {
        abi::NamedCall call{};
        if (bpf_map_lookup_elem(calls_.get(), &location, &call) != 0) return std::nullopt;
        return call;
    };
    service_ids_ = KernelIndex<uint32_t>(std::move(*service_ids));
    replies_ = KernelIndex<abi::ReplyService>(std::move(*replies));
    near_ends_ = KernelIndex<abi::Address>(std::move(*near_ends));
    drops = std::move(*drop_counts);
    endpoint_rows_ = tables::EndpointRows(rows.endpoints, wait_for_packets);
    quick_services_ = tables::QuickServices(service_ids_, endpoint_rows_);
    quick_replies_ = tables::QuickReplies(replies_, endpoint_rows_);
    rows.service_ids = &quick_services_;
    rows.replies = &quick_replies_;
    rows.near_ends = &near_ends_;
    rows.wait_for_packets = wait_for_packets;
    return {};
}

}  // namespace turnout::kernel
