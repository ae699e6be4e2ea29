// Lists of services and servers, to the blank as ipvsadm 1.31 prints them.
#pragma once

#include <string>

#include "cli/ipvsadm/grammar.hpp"
#include "cli/ipvsadm/names.hpp"
#include "ipvs/codec.hpp"
#include "model/report.hpp"

namespace turnout::ipvsadm {

enum class Form : uint8_t { plain, stats, rate, thresholds, persistent, tunnels };

// When several forms are asked for, the first of this order is meant.
Form form_of(OptionSet given);

// A number in nine columns: "  123456", "  5000M" (thousands as K, M, G, T); exact, as many
// columns as it needs.
std::string large_number(uint64_t number, bool exact);

// One list in one form.  Every piece ends with its newline.
class Listing {
  public:
    Listing(Form form, bool exact, Names names) : form_(form), exact_(exact), names_(names) {}

    static std::string version_line(const ipvs::Info& info);
    std::string title() const;
    std::string service(const model::ServiceReport& report) const;
    std::string server(const model::ServerReport& report, const model::ServiceKey& of) const;

  private:
    std::string service_name(const model::ServiceKey& key) const;
    std::string five(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e) const;
    std::string counters(const model::Counters& counters) const;

    Form form_;
    bool exact_;
    Names names_;
};

// "master sync daemon (mcast=eth0, syncid=0, …)"; what is zero is left out.
std::string daemon_line(const model::SyncDaemon& daemon);

}  // namespace turnout::ipvsadm
