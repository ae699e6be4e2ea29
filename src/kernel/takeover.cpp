#include "kernel/takeover.hpp"

#include <bpf/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "abi/maps.hpp"
#include "base/clock.hpp"
#include "kernel/described_table.hpp"
#include "kernel/interfaces.hpp"
#include "kernel/lanes.hpp"
#include "kernel/move_records.hpp"
#include "kernel/old_counters.hpp"
#include "kernel/pins.hpp"
#include "kernel/translate_tables.hpp"
#include "tables/convert.hpp"

namespace turnout::kernel {
namespace {

namespace names = abi::map;

// Interfaces that the old data plane serves and that are still there.
Result<std::vector<uint32_t>> served_interfaces(const tables::Rows& rows) {
    const auto all = list_interfaces();
    if (!all) return std::unexpected(all.error());
    std::vector<uint32_t> served;
    for (const Interface& interface : *all)
        if (interface.index < rows.interfaces.size() &&
            rows.interfaces[interface.index].flags & abi::interface_flag::served)
            served.push_back(interface.index);
    return served;
}

Status attach(const Takeover& takeover, const std::vector<uint32_t>& interfaces, Place place) {
    for (const uint32_t interface : interfaces) {
        if (auto ok = attach_tc(interface, Hook::egress, takeover.egress, place); !ok) return ok;
        if (auto ok = attach_tc(interface, Hook::ingress, takeover.ingress, place); !ok) return ok;
    }
    return {};
}

// A service on every port must not get what is another's that has just ended; nor FTP's.
int order_of_ending(const abi::Endpoint& service) {
    if (abi::is_by_mark(service)) return 3;
    const uint16_t port = to_host(service.port);
    return port == 0 ? 0 : port == 21 ? 1 : 2;
}

// From now on the old data plane asks its indexes for every endpoint.
Status empty_endpoint_rows(const Takeover& takeover) {
    const auto rows = DescribedTable::open(takeover.old_tables, names::endpoints);
    if (!rows && rows.error().code == ENOENT) return {};  // it has none
    if (!rows) return std::unexpected(rows.error());
    const auto tag = member_of(rows->value(), "tag");
    if (!tag) return std::unexpected(tag.error());
    for (uint32_t row = 0; row < rows->rows(); ++row)
        __atomic_store_n(reinterpret_cast<uint32_t*>(rows->row(row) + tag->offset), 0u,
                         __ATOMIC_RELAXED);
    return {};
}

Status end_services(const Takeover& takeover) {
    if (auto ok = empty_endpoint_rows(takeover); !ok) return ok;
    auto index = DescribedTable::open(takeover.old_tables, names::service_index);
    if (!index) return std::unexpected(index.error());
    const auto same = DescribedTable::open(takeover.new_tables, names::service_index);
    if (!same) return std::unexpected(same.error());
    const auto translation = RowTranslation::make(index->key(), same->key());
    if (!translation) return std::unexpected(translation.error());

    auto keys = index->keys();
    const auto order = [&](const std::vector<std::byte>& key) {
        abi::Endpoint service{};
        (void)translation->apply(key.data(), &service);
        return order_of_ending(service);
    };
    std::ranges::stable_sort(keys, {}, order);
    for (const auto& key : keys)
        if (bpf_map_delete_elem(index->fd(), key.data()) != 0 && errno != ENOENT)
            return fail_errno(errno, "the kernel refuses to end a service of the old data plane");
    return {};
}

Result<uint32_t> move_everything(const Takeover& takeover) {
    tables::Rows& rows = takeover.maps.rows;
    const auto mover = RecordMover::open(takeover.old_tables, takeover.new_tables, rows,
                                         abi::tick_of_ns(monotonic_ns()));
    if (!mover) return std::unexpected(mover.error());
    (*mover)->copy_memory();
    if (auto ok = translate_table(takeover.old_tables, takeover.new_tables, names::cursors); !ok)
        return std::unexpected(ok.error());
    if (auto ok = end_services(takeover); !ok) return std::unexpected(ok.error());
    rows.wait_for_packets();
    (*mover)->copy_memory();
    (*mover)->move_connections();
    rows.wait_for_packets();
    (*mover)->settle();
    return (*mover)->lost();
}

Status replace_programs(const Takeover& takeover, const std::vector<uint32_t>& interfaces) {
    for (const uint32_t interface : interfaces)
        update_xdp(link_pin(takeover.pins, interface), takeover.xdp);
    if (auto ok = attach(takeover, interfaces, Place::own); !ok) return ok;
    for (const uint32_t interface : interfaces) detach_tc(interface, Place::behind);
    return {};
}

// The old counters stand still: what they have counted was before what the new ones count from.
Status add_counters(const Takeover& takeover) {
    tables::Rows& rows = takeover.maps.rows;
    const auto servers = static_cast<uint32_t>(rows.servers.size());
    const auto old = OldCounters::open(takeover.old_tables, takeover.new_tables, servers);
    if (!old) return std::unexpected(old.error());
    const auto take_off = [](abi::Counters& base, const model::Counters& counted) {
        model::Counters before = tables::from_row(base);
        base = tables::to_row(before -= counted);
    };
    for (uint32_t server = 0; server < servers; ++server) {
        if (rows.server_records[server].use == abi::ServerUse::free) continue;
        const auto counted = old->of(server);
        if (!counted) return std::unexpected(counted.error());
        if (*counted == model::Counters{}) continue;
        take_off(rows.server_records[server].base, *counted);
        const auto service = rows.service_ids->get(rows.server_records[server].service);
        if (service) take_off(rows.service_records[*service].base, *counted);
        old->forget(server);
    }
    return {};
}

}  // namespace

Result<uint32_t> take_over(const Takeover& takeover) {
    const auto interfaces = served_interfaces(takeover.maps.rows);
    if (!interfaces) return std::unexpected(interfaces.error());
    if (auto ok = attach(takeover, *interfaces, Place::behind); !ok)
        return std::unexpected(ok.error());
    const auto lost = move_everything(takeover);
    if (!lost) return lost;
    if (auto ok = replace_programs(takeover, *interfaces); !ok) return std::unexpected(ok.error());
    takeover.maps.rows.wait_for_packets();
    if (auto ok = add_counters(takeover); !ok) return std::unexpected(ok.error());
    return lost;
}

}  // namespace turnout::kernel
