#include "kernel/lanes.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fd.hpp"

namespace turnout::kernel {
namespace {

// Our place among an interface's filters.
constexpr uint32_t filter_handle = 1;
constexpr uint32_t filter_priority = 0x7475;
constexpr uint32_t priority_behind = filter_priority + 1;

constexpr Hook hooks[] = {Hook::ingress, Hook::egress};

bpf_tc_hook hook_of(uint32_t interface, Hook hook) {
    bpf_tc_hook made{};
    made.sz = sizeof made;
    made.ifindex = static_cast<int>(interface);
    made.attach_point = hook == Hook::ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
    return made;
}

bpf_tc_opts our_filter(Place place = Place::own) {
    bpf_tc_opts options{};
    options.sz = sizeof options;
    options.handle = filter_handle;
    options.priority = place == Place::own ? filter_priority : priority_behind;
    return options;
}

const char* mode_of(uint32_t interface) {
    LIBBPF_OPTS(bpf_xdp_query_opts, options);
    if (bpf_xdp_query(static_cast<int>(interface), 0, &options) != 0) return "off";
    if (options.attach_mode == XDP_ATTACHED_DRV) return "native";
    return options.attach_mode == XDP_ATTACHED_SKB ? "generic" : "off";
}

Error xdp_error(int code) {
    if (code == EOPNOTSUPP)
        return {code,
                "its driver has no native XDP; use --xdp auto, generic or off, or name the "
                "interfaces to serve by --interface"};
    if (code == EBUSY || code == EEXIST)
        return {code,
                "another XDP program is on it; take that off (ip link set dev NAME xdp off) "
                "or use --xdp off"};
    return {code, std::string("cannot attach an XDP program: ") + std::strerror(code)};
}

}  // namespace

Result<bool> add_qdisc(uint32_t interface) {
    bpf_tc_hook hook = hook_of(interface, Hook::ingress);
    const int made = bpf_tc_hook_create(&hook);
    if (made != 0 && made != -EEXIST) return fail_errno(-made, "cannot add a clsact qdisc");
    return made == 0;
}

Status attach_tc(uint32_t interface, Hook hook, int program, Place place) {
    const bpf_tc_hook at = hook_of(interface, hook);
    bpf_tc_opts options = our_filter(place);
    options.prog_fd = program;
    options.flags = BPF_TC_F_REPLACE;
    const int attached = bpf_tc_attach(&at, &options);
    if (attached == 0) return {};
    return fail_errno(-attached, hook == Hook::ingress ? "cannot attach at tc ingress"
                                                       : "cannot attach at tc egress");
}

void detach_tc(uint32_t interface, Place place) {
    for (const Hook hook : hooks) {
        const bpf_tc_hook at = hook_of(interface, hook);
        const bpf_tc_opts options = our_filter(place);
        bpf_tc_detach(&at, &options);
    }
}

void detach_tc(uint32_t interface, bool with_qdisc) {
    for (const Place place : {Place::own, Place::behind}) detach_tc(interface, place);
    if (!with_qdisc) return;
    bpf_tc_hook both = hook_of(interface, Hook::ingress);
    // Both at once name the qdisc.  NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange)
    both.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
    bpf_tc_hook_destroy(&both);
}

bool has_tc(uint32_t interface) {
    const bpf_tc_hook at = hook_of(interface, Hook::ingress);
    bpf_tc_opts options = our_filter();
    return bpf_tc_query(&at, &options) == 0;
}

Status attach_xdp(uint32_t interface, int program, const std::string& mode,
                  const std::string& pin) {
    const Fd existing(bpf_obj_get(pin.c_str()));
    // An update keeps the mode that the link was made with.
    if (existing && mode_of(interface) == mode &&
        bpf_link_update(existing.get(), program, nullptr) == 0)
        return {};
    // A link of another mode makes way, as one whose interface has gone.
    detach_xdp(pin);
    LIBBPF_OPTS(
        bpf_link_create_opts, options,
        .flags = mode == "native" ? uint32_t{XDP_FLAGS_DRV_MODE} : uint32_t{XDP_FLAGS_SKB_MODE});
    const Fd link(bpf_link_create(program, static_cast<int>(interface), BPF_XDP, &options));
    if (!link) return std::unexpected(xdp_error(errno));
    if (bpf_obj_pin(link.get(), pin.c_str()) != 0)
        return fail_errno(errno, "cannot pin the XDP link");
    return {};
}

void update_xdp(const std::string& pin, int program) {
    const Fd link(bpf_obj_get(pin.c_str()));
    if (link && bpf_link_update(link.get(), program, nullptr) != 0) detach_xdp(pin);
}

std::string xdp_mode_of(uint32_t interface, const std::string& pin) {
    return access(pin.c_str(), F_OK) == 0 ? mode_of(interface) : "off";
}

void detach_xdp(const std::string& pin) {
    const Fd link(bpf_obj_get(pin.c_str()));
    if (link) bpf_link_detach(link.get());
    unlink(pin.c_str());
}

}  // namespace turnout::kernel
