#include "cli/commands/realserver_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "realserver/linux_machine.hpp"
#include "realserver/realserver.hpp"

namespace turnout::cli {

namespace {

using namespace realserver;

constexpr const char* state_folder = "/run/turnout";

struct Options {
    std::string vip;
    std::string method;
    std::string interface;
    uint16_t gue_port = 0;
    std::string mss;
    bool undo = false;
    bool check = false;
    bool json = false;
};

Result<Request> parse(const Options& options) {
    const auto vip = model::Address::parse(options.vip);
    if (!vip)
        return fail(EINVAL, "--vip '" + options.vip + "' is not an IP address, as 198.51.100.1 is");
    if (options.method.empty() && !options.undo)
        return fail(EINVAL, "--method is missing: direct or tunnel, as the director forwards");
    const auto method = options.method == "tunnel" ? Method::tunnel : Method::direct;
    const auto mss = parse_mss(options.mss);
    if (!mss)
        return fail(EINVAL, "--mss '" + options.mss + "' is neither auto nor a number from " +
                                std::to_string(least_mss) + " to " + std::to_string(most_mss));
    return Request{*vip, method, options.interface, options.gue_port, *mss};
}

Result<Memory> open_memory() {
    if (::geteuid() != 0)
        return fail(EPERM, "changing addresses and settings is for root: use sudo");
    auto cookie = namespace_cookie();
    if (!cookie) return std::unexpected(cookie.error());
    Memory memory(state_folder, *cookie);
    if (auto locked = memory.lock(); !locked) return std::unexpected(locked.error());
    return memory;
}

void print(const Changes& changes) {
    for (const auto& change : changes) std::puts(change.c_str());
    if (changes.empty()) std::puts("nothing to change");
}

bool all_right(const std::vector<Finding>& findings) {
    return std::ranges::all_of(findings, &Finding::right);
}

// Nothing, while no tunnel packet came in fragments.
void print(const filter::Reassembled& counts) {
    if (counts.whole + counts.refused + counts.excess + counts.incomplete == 0) return;
    std::printf("tunnel packets in fragments: %" PRIu64 " put together, %" PRIu64
                " refused, %" PRIu64 " too long, %" PRIu64 " incomplete\n",
                counts.whole, counts.refused, counts.excess, counts.incomplete);
}

void print(const std::vector<Finding>& findings) {
    for (const auto& finding : findings) {
        std::printf("%s  %s is %s\n", finding.right ? "right" : "WRONG", finding.what.c_str(),
                    finding.found.c_str());
        if (!finding.right)
            std::printf("       it should be %s, %s\n       cure: %s\n", finding.wanted.c_str(),
                        finding.why.c_str(), finding.cure.c_str());
    }
    std::puts(all_right(findings) ? "this host is ready" : "this host is not ready");
}

void print_json(const Request& request, const std::vector<Finding>& findings,
                const filter::Reassembled& counts) {
    auto list = nlohmann::json::array();
    for (const auto& finding : findings) {
        list.push_back(
            {{"what", finding.what}, {"found", finding.found}, {"right", finding.right}});
        if (!finding.right)
            list.back().update(
                {{"wanted", finding.wanted}, {"why", finding.why}, {"cure", finding.cure}});
    }
    nlohmann::json report{{"vip", request.vip.to_string()},
                          {"method", to_string(request.method)},
                          {"ready", all_right(findings)},
                          {"findings", list}};
    if (request.method == Method::tunnel)
        report["fragments"] = {{"whole", counts.whole},
                               {"refused", counts.refused},
                               {"too_long", counts.excess},
                               {"incomplete", counts.incomplete}};
    std::puts(report.dump(2).c_str());
}

Result<int> run_check(const Request& request, LinuxMachine& machine, bool json) {
    const auto findings = realserver::check(request, machine);
    if (!findings) return std::unexpected(findings.error());
    const auto counts = machine.reassembled();
    if (json) {
        print_json(request, *findings, counts);
    } else {
        print(counts);
        print(*findings);
    }
    return all_right(*findings) ? 0 : 1;
}

// Every virtual address that this network namespace was set up for.
Result<int> undo_all() {
    auto memory = open_memory();
    if (!memory) return std::unexpected(memory.error());
    const auto records = memory->load_all();
    if (!records) return std::unexpected(records.error());
    for (const auto& record : *records) {
        const auto& vip = record.request.vip;
        LinuxMachine machine(vip);
        const auto changes = undo(vip, machine, *memory);
        if (!changes) return std::unexpected(changes.error());
        print(*changes);
    }
    return 0;
}

Result<int> run(const Options& options) {
    if (options.undo && options.vip.empty()) return undo_all();
    const auto request = parse(options);
    if (!request) return std::unexpected(request.error());
    LinuxMachine machine(request->vip);
    if (options.check) return run_check(*request, machine, options.json);
    auto memory = open_memory();
    if (!memory) return std::unexpected(memory.error());
    const auto changes =
        options.undo ? undo(request->vip, machine, *memory) : set_up(*request, machine, *memory);
    if (!changes) return std::unexpected(changes.error());
    print(*changes);
    return 0;
}

}  // namespace

void add_realserver_command(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand(
        "realserver", "Make this host a server that gets packets by direct routing or tunnel");
    command->add_option("--vip", options->vip, "The virtual address of the service");
    command->add_option("--method", options->method, "How the director forwards to this host")
        ->check(CLI::IsMember({"direct", "tunnel"}));
    command->add_option("--interface", options->interface,
                        "Where the director's packets come in (default: any Ethernet interface)");
    command
        ->add_option("--tun-port", options->gue_port,
                     "The UDP port of GUE packets, as the director's --tun-port says")
        ->check(CLI::Range(1, 65535));
    command->add_option(
        "--mss", options->mss,
        "The largest TCP segments that clients are asked for, so that they fit into "
        "the tunnel: a number of bytes, or auto");
    auto* undo = command->add_flag("--undo", options->undo,
                                   "Restore what was changed (without --vip: for all)");
    auto* check = command->add_flag("--check", options->check, "Change nothing, say what is wrong");
    undo->excludes(check);
    command->add_flag("--json", options->json, "Print the findings of --check as JSON")
        ->needs(check);
    command->callback([options, &status] {
        const auto done = run(*options);
        if (!done) std::fprintf(stderr, "turnout realserver: %s\n", done.error().message.c_str());
        status = done.value_or(1);
    });
}

}  // namespace turnout::cli
