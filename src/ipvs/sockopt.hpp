// IPVS by getsockopt and setsockopt, as programs drove it before there was netlink: IPv4 alone, and
// counters of 32 bits.
//
// Errors are those of the kernel: EINVAL for an argument of another length than the option's,
// EFAULT for a protocol other than TCP, UDP and SCTP, and what the change itself is refused with.
#pragma once

#include "base/result.hpp"
#include "ipvs/message.hpp"
#include "model/control.hpp"

namespace turnout::ipvs {

// A setsockopt: `option` is IP_VS_SO_SET_*.
Status set_by_sockopt(model::Control& control, uint16_t option, View argument);

// A getsockopt: `option` is IP_VS_SO_GET_*, `length` of the caller's buffer, which begins with
// `key`.  What the buffer begins with afterwards.
Result<Bytes> get_by_sockopt(const model::Control& control, uint16_t option, uint32_t length,
                             View key);

}  // namespace turnout::ipvs
