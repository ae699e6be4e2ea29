// The metrics that node_exporter's ipvs collector makes of the kernel's IPVS: the same names,
// labels and values, as text for its textfile collector, so that dashboards made for those go on.
#pragma once

#include <string>
#include <vector>

#include "model/report.hpp"

namespace turnout::observe {

// What a director has counted, and what it serves.
struct Farm {
    struct Service {
        model::ServiceKey key;
        std::vector<model::ServerReport> servers;
    };
    model::Counters totals;
    std::vector<Service> services;
};

// Servers whose labels are all the same (of one mark, in both families) are one metric, the sum of
// theirs, as in the collector.
std::string node_exporter_text(const Farm& farm);

}  // namespace turnout::observe
