// Putting programs onto interfaces and taking them off: tc filters and XDP links.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "kernel/data_plane.hpp"

namespace turnout::kernel {

enum class Hook { ingress, egress };
// Where our filter stands among an interface's: at its own place, or, while it takes over from
// another version's, behind that.
enum class Place { own, behind };

// The clsact qdisc, which has the tc hooks.  True if there was none yet.
Result<bool> add_qdisc(uint32_t interface);
// Our filter at a hook, replaced atomically when there is one.
Status attach_tc(uint32_t interface, Hook hook, int program, Place place = Place::own);
// Takes our filters off a place.
void detach_tc(uint32_t interface, Place place);
// Takes all our filters off, and with them the qdisc if we made it.
void detach_tc(uint32_t interface, bool with_qdisc);
// True with a filter of ours at ingress.
bool has_tc(uint32_t interface);

// An XDP link of the mode "native" or "generic", pinned at `pin`; updated in place when there is
// one.
Status attach_xdp(uint32_t interface, int program, const std::string& mode, const std::string& pin);
// Puts another program onto a link, if there is one; a link that refuses it is removed.
void update_xdp(const std::string& pin, int program);
// "native", "generic", or "off" when no link of ours is there.
std::string xdp_mode_of(uint32_t interface, const std::string& pin);
// Removes the link.
void detach_xdp(const std::string& pin);

}  // namespace turnout::kernel
