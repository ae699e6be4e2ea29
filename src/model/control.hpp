// What may be asked of a director, whoever asks: the seam between protocols and the director.
#pragma once

#include <functional>
#include <vector>

#include "base/result.hpp"
#include "model/change.hpp"
#include "model/report.hpp"

namespace turnout::model {

class Control {
  public:
    virtual ~Control() = default;

    // Applies one change.  When this returns success, packets meet the new state; on error nothing
    // has changed.  Error codes are IPVS's: EEXIST, ESRCH (no such service), ENOENT (no such
    // server, scheduler or persistence engine), EINVAL, ERANGE, EAFNOSUPPORT, ENODEV (no such
    // interface), ENOSPC, EOPNOTSUPP.
    virtual Status apply(const Change& change) = 0;

    // Every service, in the order of their creation, services with a mark last.
    virtual std::vector<ServiceReport> services() const = 0;
    // Success, or ESRCH when there is no such service.
    virtual Status exists(const ServiceKey& key) const = 0;
    // One service; ESRCH when there is none.
    virtual Result<ServiceReport> service(const ServiceKey& key) const = 0;
    // A service's servers in list order; ESRCH when there is no such service.
    virtual Result<std::vector<ServerReport>> servers(const ServiceKey& key) const = 0;
    // Calls `visit` for each live connection of one part of the table, counted from 0, in no
    // particular order; false behind the last part.  A part takes well below a millisecond, so
    // that whoever lists a large table can serve others in between.
    virtual bool connections(uint32_t part,
                             const std::function<void(const ConnectionReport&)>& visit) const = 0;

    virtual Totals totals() const = 0;
    virtual Timeouts timeouts() const = 0;
    // The sync daemons that run, master first.
    virtual std::vector<SyncDaemon> daemons() const = 0;
    // How many connections the table is made for (2 to the power of --conn-table-bits).
    virtual uint32_t connection_table_size() const = 0;
};

}  // namespace turnout::model
