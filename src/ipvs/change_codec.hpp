// A model::Change as an IPVS command with its attributes, both ways.
#pragma once

#include <climits>
#include <functional>

#include "base/result.hpp"
#include "ipvs/message.hpp"
#include "model/change.hpp"

namespace turnout::ipvs {

// The kernel counts in ticks of at most a millisecond, in an int.
inline constexpr uint32_t longest_timeout_s = INT_MAX / 1000;

// Writes the command header and the attributes.
void put_change(Writer& to, const model::Change& change);

// Whether a service exists: success, or the error to answer (ESRCH).
using Exists = std::function<Status(const model::ServiceKey&)>;

// Reads the attributes of `command`.  Errors in IPVS's order: the service's attributes (EINVAL,
// EAFNOSUPPORT), whether it exists, the server's attributes.  EOPNOTSUPP: no command that changes.
Result<model::Change> get_change(uint8_t command, const Attributes& attributes,
                                 const Exists& exists);

}  // namespace turnout::ipvs
