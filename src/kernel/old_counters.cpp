#include "kernel/old_counters.hpp"

#include <cerrno>
#include <cstring>

#include "abi/maps.hpp"
#include "abi/rows.hpp"
#include "tables/convert.hpp"

namespace turnout::kernel {
namespace {

namespace names = abi::map;

// Our row of sums, which has a member for everything that was ever counted.
Result<RowTranslation> into_sums(const DescribedTable& from, const std::string& our_tables) {
    const auto records = DescribedTable::open(our_tables, names::server_records);
    if (!records) return std::unexpected(records.error());
    const auto sums = member_of(records->value(), "base");
    if (!sums) return std::unexpected(sums.error());
    return RowTranslation::make(from.value(), sums->type);
}

Result<RowTranslation> into_traffic(const DescribedTable& from, const std::string& our_tables) {
    const auto ours = DescribedTable::open(our_tables, names::traffic);
    if (!ours) return std::unexpected(ours.error());
    return RowTranslation::make(from.value(), ours->value());
}

}  // namespace

Result<OldCounters> OldCounters::open(const std::string& old_tables, const std::string& our_tables,
                                      uint32_t servers) {
    auto begun = DescribedTable::open(old_tables, names::counters);
    if (!begun) return std::unexpected(begun.error());
    auto sums = into_sums(*begun, our_tables);
    if (!sums) return std::unexpected(sums.error());
    std::optional<Source> traffic;
    auto table = DescribedTable::open(old_tables, names::traffic);
    if (!table && table.error().code != ENOENT) return std::unexpected(table.error());
    if (table) {
        auto translation = into_traffic(*table, our_tables);
        if (!translation) return std::unexpected(translation.error());
        traffic.emplace(std::move(*table), std::move(*translation));
    }
    return OldCounters({std::move(*begun), std::move(*sums)}, std::move(traffic), servers);
}

Result<model::Counters> OldCounters::of(uint32_t server) const {
    model::Counters sum;
    for (uint32_t row = server; row < begun_.table.rows(); row += servers_) {
        abi::Counters counted{};
        auto ok = begun_.translation.apply(begun_.table.row(row), &counted);
        if (!ok) return std::unexpected(ok.error());
        sum += tables::from_row(counted);
    }
    if (!traffic_) return sum;
    for (uint32_t row = server; row < traffic_->table.rows(); row += servers_) {
        abi::TrafficCounters counted{};
        auto ok = traffic_->translation.apply(traffic_->table.row(row), &counted);
        if (!ok) return std::unexpected(ok.error());
        const bool replies = row / servers_ % 2;  // see abi::traffic_row()
        (replies ? sum.out_packets : sum.in_packets) += counted.packets;
        (replies ? sum.out_bytes : sum.in_bytes) += counted.bytes;
    }
    return sum;
}

void OldCounters::forget(uint32_t server) const {
    const auto clear = [&](const DescribedTable& table) {
        for (uint32_t row = server; row < table.rows(); row += servers_)
            std::memset(table.row(row), 0, table.value_size());
    };
    clear(begun_.table);
    if (traffic_) clear(traffic_->table);
}

}  // namespace turnout::kernel
