// What a director and those who speak with it agree on, beyond the kernel's headers: for the
// director's own code and for the preload library, so without the standard library.
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

// The names it knows: the files that IPVS has there.
inline constexpr const char* proc_files[] = {"ip_vs", "ip_vs_conn", "ip_vs_conn_sync",
                                             "ip_vs_stats", "ip_vs_stats_percpu"};

// Extension: a call of getsockopt or setsockopt, as programs made it before there was netlink
// (IP_VS_SO_* of <linux/ip_vs.h>).  Payload: a SockoptCall and what the caller's buffer holds, of a
// getsockopt no more than longest_sockopt_key bytes.  Answer to a getsockopt: messages of this type
// with NLM_F_MULTI, which together are what the buffer holds afterwards, then NLMSG_DONE; to a
// setsockopt an acknowledgement; or the error.
inline constexpr uint16_t sockopt_message = 0x7f01;

struct SockoptCall {
    uint16_t option;  // IP_VS_SO_GET_* or IP_VS_SO_SET_*, which share their numbers
    uint16_t is_get;
    uint32_t length;  // of the caller's buffer
};

inline constexpr size_t longest_sockopt_key = 64;

// Extension: in nlmsg_flags of a request, asks that an error answer tell the director's words as
// the attribute NLMSGERR_ATTR_MSG (with NLM_F_ACK_TLVS).  The kernel leaves this bit unused.
inline constexpr uint16_t flag_explain = 0x8000;

// Where the director of a network namespace listens: socket_folder, the namespace's cookie
// (SO_NETNS_COOKIE) in decimal, socket_suffix.  A SEQPACKET socket; a datagram is one request or
// several.
inline constexpr char socket_folder[] = "/run/turnout/";
inline constexpr char socket_suffix[] = ".sock";

// No datagram is larger: libnl's first receive buffer.
inline constexpr size_t max_datagram = 16384;

}  // namespace turnout::ipvs
