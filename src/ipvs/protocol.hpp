// The numbers of the IPVS conversation that the kernel's headers do not fix.
//
// The rest (commands, attributes, flags) is named by <linux/ip_vs.h>, <linux/genetlink.h> and
// <linux/netlink.h>.  We speak the kernel's wire format unchanged: host byte order for the headers
// and numbers, network order for addresses, ports (save the daemon's) and the IPv4 netmask.
#pragma once

#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>

namespace turnout::ipvs {

// nlmsg_type of the family "IPVS".  The kernel gives such numbers out as families register; a
// program asks for it by name (CTRL_CMD_GETFAMILY) and uses what it is told.
inline constexpr uint16_t family_id = 0x22;

// Interface version 1.2.1, as `ipvsadm -v` and the head of every list show it.
inline constexpr uint32_t ipvs_version = 0x010201;

// Extension: asks for the text of a file of /proc/net.  Payload: its name, NUL-terminated
// ("ip_vs_conn").  Answer: messages of this type with NLM_F_MULTI, each of whole lines, then
// NLMSG_DONE; or the error ENOENT.  Above every number the kernel gives to a family.
inline constexpr uint16_t text_message = 0x7f00;

// Extension: in nlmsg_flags of a request, asks that an error answer tell the director's words as
// the attribute NLMSGERR_ATTR_MSG (with NLM_F_ACK_TLVS).  The kernel leaves this bit unused.
inline constexpr uint16_t flag_explain = 0x8000;

// No datagram is larger: libnl's first receive buffer.
inline constexpr size_t max_datagram = 16384;

}  // namespace turnout::ipvs
