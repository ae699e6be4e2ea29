// How long connections may be idle, by their state: everybody's timeouts, and those that services
// have instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/change.hpp"
#include "model/timeouts.hpp"
#include "tables/rows.hpp"

namespace turnout::tables {

// A state by the name that settings have for it ("established", "sctp_init1"), with IPVS's timeout.
struct NamedState {
    abi::State state;
    const char* name;
    const char* meaning;
    uint32_t seconds;
};
const std::vector<NamedState>& named_states();
const NamedState* state_named(std::string_view name);

// Row 0 as IPVS has it, and nobody with his own.
void set_default_timeouts(std::span<abi::Timeouts> rows);

// Everybody's timeout of a state; services that have none of their own follow.
uint32_t common_timeout(const Rows& rows, abi::State state);
void set_common_timeout(const Rows& rows, abi::State state, uint32_t seconds);

// The three that `ipvsadm --set` reads and writes; 0 stays as it is.
model::Timeouts timeouts_of(const Rows& rows);
void set_timeouts(const Rows& rows, const model::Timeouts& timeouts);

// The rows of services with timeouts of their own: those with the same share one.
class TimeoutRows {
  public:
    explicit TimeoutRows(const Rows& rows);

    // The row that says so much; one more user has it.  ENOSPC when there is no row left.
    Result<uint32_t> take(const model::StateTimeouts& own);
    // A row that was found in use.
    void adopt(uint32_t row);
    void give_back(uint32_t row);
    // What the users of a row have of their own.
    model::StateTimeouts own(uint32_t row) const;

  private:
    const Rows& rows_;
    std::vector<uint32_t> users_;  // of each row
};

}  // namespace turnout::tables
