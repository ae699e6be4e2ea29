// What the data plane of another version has counted, whichever tables it counts in.
#pragma once

#include <optional>
#include <string>

#include "kernel/described_table.hpp"
#include "model/report.hpp"

namespace turnout::kernel {

class OldCounters {
  public:
    // Of the tables in one folder, told by what ours, in another, call things; for so many servers.
    static Result<OldCounters> open(const std::string& old_tables, const std::string& our_tables,
                                    uint32_t servers);

    // What all CPUs have counted of a server.
    Result<model::Counters> of(uint32_t server) const;
    // As if they had counted nothing of it.
    void forget(uint32_t server) const;

  private:
    // A table that counts, and how a row of it becomes one of ours.
    struct Source {
        DescribedTable table;
        RowTranslation translation;
    };
    OldCounters(Source begun, std::optional<Source> traffic, uint32_t servers)
        : begun_(std::move(begun)), traffic_(std::move(traffic)), servers_(servers) {}

    Source begun_;  // up to version 14 these counted packets as well
    std::optional<Source> traffic_;
    uint32_t servers_;
};

}  // namespace turnout::kernel
