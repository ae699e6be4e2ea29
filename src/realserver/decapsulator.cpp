#include "realserver/decapsulator.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <array>
#include <cstring>
#include <memory>

#include "abi/decap.hpp"
#include "base/fd.hpp"

extern "C" const unsigned char turnout_bpf_decap_begin[], turnout_bpf_decap_end[];

namespace turnout::realserver::decapsulator {

namespace {

// Before the director's own filter, should a host be both.
constexpr uint32_t priority = 40;

using Object = std::unique_ptr<bpf_object, void (*)(bpf_object*)>;

constexpr const char* constants = ".rodata";  // the map that libbpf keeps them in

abi::DecapSettings settings_for(const model::Address& vip, uint16_t gue_port) {
    abi::DecapSettings settings{};
    static_assert(sizeof settings.virtual_address == sizeof vip.bytes);
    std::memcpy(&settings.virtual_address, vip.bytes.data(), vip.bytes.size());
    settings.family = static_cast<abi::Family>(vip.family);
    settings.gue_port = to_be(gue_port);
    return settings;
}

// FNV-1a over the address; 0 would leave the choice to the kernel.
uint32_t handle_of(const model::Address& vip) {
    uint32_t hash = 2166136261;
    for (const uint8_t byte : vip.bytes) hash = (hash ^ byte) * 16777619;
    return hash == 0 ? 1 : hash;
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
    options.handle = handle_of(vip);
    options.priority = priority;
    return options;
}

// libbpf prints what we say better through errors.
void keep_libbpf_quiet() {
    libbpf_set_print(nullptr);
}

Result<Object> load(const abi::DecapSettings& settings) {
    keep_libbpf_quiet();
    const auto size = static_cast<size_t>(turnout_bpf_decap_end - turnout_bpf_decap_begin);
    Object object(bpf_object__open_mem(turnout_bpf_decap_begin, size, nullptr), bpf_object__close);
    if (!object) return fail_errno(errno, "opening the BPF decapsulator");
    auto* map = bpf_object__find_map_by_name(object.get(), constants);
    if (int error = bpf_map__set_initial_value(map, &settings, sizeof settings))
        return fail_errno(-error, "naming the virtual address to the BPF decapsulator");
    if (int error = bpf_object__load(object.get()))
        return fail_errno(-error, "loading the BPF decapsulator into the kernel");
    return object;
}

// What a loaded program was told; nothing if it is none of ours.
std::optional<abi::DecapSettings> settings_of(uint32_t program_id) {
    const Fd program(bpf_prog_get_fd_by_id(program_id));
    uint32_t map_id = 0;
    bpf_prog_info program_info{};
    program_info.nr_map_ids = 1;
    program_info.map_ids = reinterpret_cast<uint64_t>(&map_id);
    uint32_t length = sizeof program_info;
    if (!program || bpf_obj_get_info_by_fd(program.get(), &program_info, &length) != 0)
        return std::nullopt;

    const Fd map(bpf_map_get_fd_by_id(map_id));
    bpf_map_info map_info{};
    length = sizeof map_info;
    abi::DecapSettings settings{};
    const uint32_t key = 0;
    if (!map || bpf_obj_get_info_by_fd(map.get(), &map_info, &length) != 0 ||
        map_info.value_size != sizeof settings ||
        bpf_map_lookup_elem(map.get(), &key, &settings) != 0)
        return std::nullopt;
    return settings;
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

Result<std::optional<uint16_t>> find(int interface, const model::Address& vip) {
    keep_libbpf_quiet();
    const auto hook = hook_on(interface);
    auto options = filter_for(vip);
    const int error = bpf_tc_query(&hook, &options);
    if (error == -ENOENT || error == -EINVAL) return std::nullopt;  // EINVAL: not even a hook
    if (error) return fail_errno(-error, "looking for the BPF decapsulator");
    const auto settings = settings_of(options.prog_id);
    if (!settings || settings->virtual_address != settings_for(vip, 0).virtual_address)
        return fail(EEXIST, "another tc filter is in the place of the BPF decapsulator for " +
                                vip.to_string() + ": `tc filter show` lists it");
    return to_host(settings->gue_port);
}

Status attach(int interface, const model::Address& vip, uint16_t gue_port) {
    auto object = load(settings_for(vip, gue_port));
    if (!object) return std::unexpected(object.error());
    const auto* program = bpf_object__find_program_by_name(object->get(), "turnout_decap");
    const auto hook = hook_on(interface);
    auto options = filter_for(vip);
    options.prog_fd = bpf_program__fd(program);
    options.flags = BPF_TC_F_REPLACE;
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
