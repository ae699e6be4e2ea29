#include "realserver/filter.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "abi/filter.hpp"

extern "C" const unsigned char turnout_bpf_decap_begin[], turnout_bpf_decap_end[];
extern "C" const unsigned char turnout_bpf_clamp_begin[], turnout_bpf_clamp_end[];

namespace turnout::realserver::filter {

namespace {

// Before the director's own filter, should a host be both.
constexpr uint32_t priority = 40;

using Object = std::unique_ptr<bpf_object, void (*)(bpf_object*)>;

constexpr const char* constants = ".rodata";  // the map that libbpf keeps them in

struct Description {
    const unsigned char* begin;  // of the BPF object
    const unsigned char* end;
    const char* function;
    std::string title;
    bpf_tc_attach_point where;
};

Description describe(Program program) {
    if (program == Program::decapsulator)
        return {turnout_bpf_decap_begin, turnout_bpf_decap_end, "turnout_decap",
                "the BPF decapsulator", BPF_TC_INGRESS};
    return {turnout_bpf_clamp_begin, turnout_bpf_clamp_end, "turnout_clamp", "the BPF MSS clamp",
            BPF_TC_EGRESS};
}

abi::FilterSettings settings_for(const model::Address& vip, uint16_t number) {
    abi::FilterSettings settings{};
    static_assert(sizeof settings.virtual_address == sizeof vip.bytes);
    std::memcpy(&settings.virtual_address, vip.bytes.data(), vip.bytes.size());
    settings.family = static_cast<abi::Family>(vip.family);
    settings.number = to_be(number);
    return settings;
}

// FNV-1a over the address; 0 would leave the choice to the kernel.
uint32_t handle_of(const model::Address& vip) {
    uint32_t hash = 2166136261;
    for (const uint8_t byte : vip.bytes) hash = (hash ^ byte) * 16777619;
    return hash == 0 ? 1 : hash;
}

bpf_tc_hook hook_on(int interface, bpf_tc_attach_point where) {
    bpf_tc_hook hook{};
    hook.sz = sizeof hook;
    hook.ifindex = interface;
    hook.attach_point = where;
    return hook;
}

// Both at once name the qdisc.
bpf_tc_hook whole_hook_on(int interface) {
    // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange)
    return hook_on(interface, static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
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

// The table of a loaded program whose name ends so, and whose rows are of that size; none if there
// is none.
Fd table_of(uint32_t program_id, const std::string& name, uint32_t row_size) {
    const Fd program(bpf_prog_get_fd_by_id(program_id));
    uint32_t ids[8] = {};
    bpf_prog_info program_info{};
    program_info.nr_map_ids = std::size(ids);
    program_info.map_ids = reinterpret_cast<uint64_t>(ids);
    uint32_t length = sizeof program_info;
    if (!program || bpf_obj_get_info_by_fd(program.get(), &program_info, &length) != 0) return {};
    for (uint32_t i = 0; i < std::min<size_t>(program_info.nr_map_ids, std::size(ids)); ++i) {
        Fd map(bpf_map_get_fd_by_id(ids[i]));
        bpf_map_info map_info{};
        length = sizeof map_info;
        if (map && bpf_obj_get_info_by_fd(map.get(), &map_info, &length) == 0 &&
            std::string(map_info.name).ends_with(name) && map_info.value_size == row_size)
            return map;
    }
    return {};
}

// What a loaded program was told; nothing if it is none of ours.
std::optional<abi::FilterSettings> settings_of(uint32_t program_id) {
    abi::FilterSettings settings{};
    const Fd map = table_of(program_id, constants, sizeof settings);
    const uint32_t key = 0;
    if (!map || bpf_map_lookup_elem(map.get(), &key, &settings) != 0) return std::nullopt;
    return settings;
}

uint64_t counted(const Fd& table, abi::Reassembly what) {
    std::vector<uint64_t> of_cpus(static_cast<size_t>(libbpf_num_possible_cpus()));
    const auto row = static_cast<uint32_t>(what);
    if (!table || bpf_map_lookup_elem(table.get(), &row, of_cpus.data()) != 0) return 0;
    return std::accumulate(of_cpus.begin(), of_cpus.end(), uint64_t{0});
}

}  // namespace

Status create_hook(int interface) {
    keep_libbpf_quiet();
    auto hook = whole_hook_on(interface);
    const int error = bpf_tc_hook_create(&hook);
    if (error && error != -EEXIST) return fail_errno(-error, "creating the tc hook");
    return {};
}

Status remove_hook(int interface) {
    keep_libbpf_quiet();
    auto hook = whole_hook_on(interface);
    const int error = bpf_tc_hook_destroy(&hook);
    if (error) return fail_errno(-error, "removing the tc hook");
    return {};
}

Result<std::optional<uint16_t>> find(Program program, int interface, const model::Address& vip) {
    keep_libbpf_quiet();
    const auto [begin, end, function, title, where] = describe(program);
    const auto hook = hook_on(interface, where);
    auto options = filter_for(vip);
    const int error = bpf_tc_query(&hook, &options);
    if (error == -ENOENT || error == -EINVAL) return std::nullopt;  // EINVAL: not even a hook
    if (error) return fail_errno(-error, "looking for " + title);
    const auto settings = settings_of(options.prog_id);
    if (!settings || settings->virtual_address != settings_for(vip, 0).virtual_address)
        return fail(EEXIST, "another tc filter is in the place of " + title + " for " +
                                vip.to_string() + ": `tc filter show` lists it");
    return to_host(settings->number);
}

Reassembled reassembled(int interface, const model::Address& vip) {
    keep_libbpf_quiet();
    const auto hook = hook_on(interface, BPF_TC_INGRESS);
    auto options = filter_for(vip);
    if (bpf_tc_query(&hook, &options) != 0) return {};
    const Fd table = table_of(options.prog_id, abi::reassembly_table, sizeof(uint64_t));
    return {counted(table, abi::Reassembly::whole), counted(table, abi::Reassembly::refused),
            counted(table, abi::Reassembly::excess), counted(table, abi::Reassembly::incomplete)};
}

Result<Fd> load(Program program, const model::Address& vip, uint16_t number) {
    keep_libbpf_quiet();
    const auto [begin, end, function, title, where] = describe(program);
    const Object object(bpf_object__open_mem(begin, static_cast<size_t>(end - begin), nullptr),
                        bpf_object__close);
    if (!object) return fail_errno(errno, "opening " + title);
    auto* map = bpf_object__find_map_by_name(object.get(), constants);
    const auto settings = settings_for(vip, number);
    if (int error = bpf_map__set_initial_value(map, &settings, sizeof settings))
        return fail_errno(-error, "naming the virtual address to " + title);
    if (int error = bpf_object__load(object.get()))
        return fail_errno(-error, "loading " + title + " into the kernel");
    // The object's own descriptor ends with it.
    const int descriptor =
        bpf_program__fd(bpf_object__find_program_by_name(object.get(), function));
    Fd kept(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!kept) return fail_errno(errno, "keeping " + title);
    return kept;
}

Status attach(Program program, int interface, const model::Address& vip, uint16_t number) {
    const auto loaded = load(program, vip, number);
    if (!loaded) return std::unexpected(loaded.error());
    const auto description = describe(program);
    const auto hook = hook_on(interface, description.where);
    auto options = filter_for(vip);
    options.prog_fd = loaded->get();
    options.flags = BPF_TC_F_REPLACE;
    if (int error = bpf_tc_attach(&hook, &options))
        return fail_errno(-error, "attaching " + description.title);
    return {};
}

Status detach(Program program, int interface, const model::Address& vip) {
    keep_libbpf_quiet();
    const auto description = describe(program);
    const auto hook = hook_on(interface, description.where);
    const auto options = filter_for(vip);
    if (int error = bpf_tc_detach(&hook, &options))
        return fail_errno(-error, "detaching " + description.title);
    return {};
}

}  // namespace turnout::realserver::filter
