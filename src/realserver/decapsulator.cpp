#include "realserver/decapsulator.hpp"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cstring>
#include <memory>

extern "C" const unsigned char turnout_bpf_decap_begin[], turnout_bpf_decap_end[];

namespace turnout::realserver::decapsulator {

namespace {

// Before the director's own filter, should a host be both.
constexpr uint32_t priority = 40;

using Object = std::unique_ptr<bpf_object, void (*)(bpf_object*)>;

uint32_t in_network_order(const model::Address& vip) {
    uint32_t value = 0;
    std::memcpy(&value, vip.bytes.data(), sizeof value);
    return value;
}

bpf_tc_hook hook_on(int interface) {
    bpf_tc_hook hook{};
    hook.sz = sizeof hook;
    hook.ifindex = interface;
    hook.attach_point = BPF_TC_INGRESS;
    return hook;
}

bpf_tc_opts filter_for(const model::Address& vip) {
    bpf_tc_opts options{};
    options.sz = sizeof options;
    options.handle = ntohl(in_network_order(vip));
    options.priority = priority;
    return options;
}

// libbpf prints what we say better through errors.
void keep_libbpf_quiet() {
    libbpf_set_print(nullptr);
}

Result<Object> load(const model::Address& vip) {
    keep_libbpf_quiet();
    const auto size = static_cast<size_t>(turnout_bpf_decap_end - turnout_bpf_decap_begin);
    Object object(bpf_object__open_mem(turnout_bpf_decap_begin, size, nullptr), bpf_object__close);
    if (!object) return fail_errno(errno, "opening the BPF decapsulator");
    const uint32_t address = in_network_order(vip);
    auto* constants = bpf_object__find_map_by_name(object.get(), ".rodata");
    if (int error = bpf_map__set_initial_value(constants, &address, sizeof address))
        return fail_errno(-error, "naming the virtual address to the BPF decapsulator");
    if (int error = bpf_object__load(object.get()))
        return fail_errno(-error, "loading the BPF decapsulator into the kernel");
    return object;
}

}  // namespace

Status create_hook(int interface) {
    keep_libbpf_quiet();
    auto hook = hook_on(interface);
    const int error = bpf_tc_hook_create(&hook);
    if (error && error != -EEXIST) return fail_errno(-error, "creating the tc hook");
    return {};
}

Status remove_hook(int interface) {
    keep_libbpf_quiet();
    auto hook = hook_on(interface);
    // Both at once name the qdisc.  NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange)
    hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
    const int error = bpf_tc_hook_destroy(&hook);
    if (error) return fail_errno(-error, "removing the tc hook");
    return {};
}

Result<bool> is_attached(int interface, const model::Address& vip) {
    keep_libbpf_quiet();
    const auto hook = hook_on(interface);
    auto options = filter_for(vip);
    const int error = bpf_tc_query(&hook, &options);
    if (error == -ENOENT || error == -EINVAL) return false;  // EINVAL: not even a hook
    if (error) return fail_errno(-error, "looking for the BPF decapsulator");
    return true;
}

Status attach(int interface, const model::Address& vip) {
    auto object = load(vip);
    if (!object) return std::unexpected(object.error());
    const auto* program = bpf_object__find_program_by_name(object->get(), "turnout_decap");
    const auto hook = hook_on(interface);
    auto options = filter_for(vip);
    options.prog_fd = bpf_program__fd(program);
    if (int error = bpf_tc_attach(&hook, &options))
        return fail_errno(-error, "attaching the BPF decapsulator");
    return {};
}

Status detach(int interface, const model::Address& vip) {
    keep_libbpf_quiet();
    const auto hook = hook_on(interface);
    const auto options = filter_for(vip);
    if (int error = bpf_tc_detach(&hook, &options))
        return fail_errno(-error, "detaching the BPF decapsulator");
    return {};
}

}  // namespace turnout::realserver::decapsulator
