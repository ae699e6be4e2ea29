#include "cli/commands/migrate_command.hpp"

#include <glob.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/input.hpp"
#include "cli/migrate/keepalived_check.hpp"
#include "cli/migrate/rules_check.hpp"
#include "cli/migrate/settings_check.hpp"
#include "cli/tell.hpp"

namespace turnout::cli {
namespace {

namespace fs = std::filesystem;
using migrate::Finding, migrate::Findings, migrate::Weight;

constexpr char examples[] =
    R"(Without options it looks at this host: the kernel's services (`ipvsadm -S -n`), its settings
in /proc/sys/net/ipv4/vs, /etc/sysctl.conf and sysctl.d, and /etc/keepalived/keepalived.conf.
Nothing is changed, and no director is needed.
Examples:
  turnout migrate check
  ssh old-director ipvsadm -S -n | turnout migrate check --rules -
  turnout migrate check --keepalived keepalived.conf --sysctl 20-ipvs.conf
Exit status: 0 when all is taken over, 1 when something is refused or left to do, 2 when
nothing could be looked at.  docs/user/moving-from-ipvs.md walks through a move.)";

constexpr int some_left = 1, nothing_done = 2;
constexpr int oldest_major = 6, oldest_minor = 1;

struct Options {
    std::vector<std::string> rules, sysctls, keepalived;
    bool json = false;

    bool name_something() const {
        return !rules.empty() || !sysctls.empty() || !keepalived.empty();
    }
};

// What is looked at and what came of it.
struct Report {
    explicit Report(Rehearsal& rehearsal)
        : services(rehearsal.control()), settings(rehearsal.own()) {}

    std::vector<std::string> sources;
    migrate::Services services;  // of rules, or of the kernel
    size_t keepalived_services = 0, keepalived_servers = 0;
    migrate::Settings settings;
    Findings others;

    void add(Findings more) {
        others.insert(others.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
    }
    Findings all() const {
        Findings all = others;
        for (const auto* more : {&services.findings(), &settings.findings()})
            all.insert(all.end(), more->begin(), more->end());
        std::ranges::stable_sort(all, {}, &Finding::weight);
        return all;
    }
};

// The original's name once our package has put its own in its place.
const char* kernel_ipvsadm() {
    return fs::exists("/usr/sbin/ipvsadm.ipvs") ? "/usr/sbin/ipvsadm.ipvs" : "ipvsadm";
}

Result<std::string> output_of(const std::string& command) {
    std::FILE* const pipe = popen(command.c_str(), "re");
    if (!pipe) return fail_errno(errno, command);
    std::string text;
    char piece[4096];
    while (const size_t got = std::fread(piece, 1, sizeof piece, pipe)) text.append(piece, got);
    const int status = pclose(pipe);
    if (status != 0)
        return fail(EIO, "`" + command + "` failed: are you root, and is ipvsadm installed?");
    return text;
}

Status look_at_rules(const std::string& file, Report& report) {
    const auto text = read_text(file);
    if (!text) return std::unexpected(text.error());
    report.sources.push_back(file);
    report.add(migrate::check_rules(*text, file, report.services));
    return {};
}

Status look_at_sysctls(const std::string& file, Report& report) {
    const auto text = read_text(file);
    if (!text) return std::unexpected(text.error());
    report.sources.push_back(file);
    report.settings.check_text(*text, file);
    return {};
}

// Services of keepalived.conf are tried in a director of their own: those of the kernel may be the
// same.
Status look_at_keepalived(const std::string& file, Rehearsal& rehearsal, Report& report) {
    const auto text = read_text(file);
    if (!text) return std::unexpected(text.error());
    report.sources.push_back(file);
    migrate::Services services(rehearsal.control());
    report.add(migrate::check_keepalived(*text, file, services));
    report.add(services.findings());
    report.keepalived_services += services.services();
    report.keepalived_servers += services.servers();
    return {};
}

void look_at_kernel(Report& report) {
    utsname kernel{};
    int major = 0, minor = 0;
    uname(&kernel);
    std::sscanf(kernel.release, "%d.%d", &major, &minor);
    report.sources.push_back(std::string("Linux ") + kernel.release);
    if (std::pair(major, minor) < std::pair(oldest_major, oldest_minor))
        report.add({{Weight::refused, std::string("Linux ") + kernel.release,
                     "Turnout needs Linux 6.1 or later", "upgrade the kernel"}});
    if (!fs::exists("/sys/kernel/btf/vmlinux"))
        report.add({{Weight::refused, std::string("Linux ") + kernel.release,
                     "this kernel has no BTF", "boot a distribution's kernel"}});
}

std::vector<std::string> files_like(const char* pattern) {
    glob_t found{};
    std::vector<std::string> files;
    if (glob(pattern, 0, nullptr, &found) == 0)
        files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    globfree(&found);
    return files;
}

Status look_at_host(Rehearsal& for_keepalived, Report& report) {
    look_at_kernel(report);
    if (fs::exists("/proc/net/ip_vs")) {
        const std::string command = std::string(kernel_ipvsadm()) + " -S -n";
        const auto rules = output_of(command);
        if (!rules) return std::unexpected(rules.error());
        report.sources.push_back(command);
        report.add(migrate::check_rules(*rules, command, report.services));
    }
    for (const auto& file : files_like("/proc/sys/net/ipv4/vs/*"))
        if (const auto value = read_text(file))
            report.settings.check_value(file, fs::path(file).filename(), *value);
    for (const char* pattern : {"/etc/sysctl.conf", "/etc/sysctl.d/*.conf", "/run/sysctl.d/*.conf"})
        for (const auto& file : files_like(pattern))
            if (auto ok = look_at_sysctls(file, report); !ok) return ok;
    for (const auto& file : files_like("/etc/keepalived/keepalived.conf"))
        if (auto ok = look_at_keepalived(file, for_keepalived, report); !ok) return ok;
    return {};
}

Status look(const Options& options, Rehearsal& for_keepalived, Report& report) {
    if (!options.name_something()) return look_at_host(for_keepalived, report);
    for (const auto& file : options.rules)
        if (auto ok = look_at_rules(file, report); !ok) return ok;
    for (const auto& file : options.sysctls)
        if (auto ok = look_at_sysctls(file, report); !ok) return ok;
    for (const auto& file : options.keepalived)
        if (auto ok = look_at_keepalived(file, for_keepalived, report); !ok) return ok;
    return {};
}

const char* name_of(Weight weight) {
    switch (weight) {
        case Weight::refused:
            return "refused";
        case Weight::to_do:
            return "to do";
        case Weight::different:
            break;
    }
    return "different";
}

void print(const Report& report, const Findings& findings) {
    std::printf("looked at:");
    for (const auto& source : report.sources) std::printf(" %s", source.c_str());
    std::printf("\ntaken over as they are: %zu services, %zu servers, %zu settings\n",
                report.services.services() + report.keepalived_services,
                report.services.servers() + report.keepalived_servers, report.settings.taken());
    for (const Finding& finding : findings) {
        std::printf("%s: %s: %s\n", name_of(finding.weight), finding.where.c_str(),
                    finding.what.c_str());
        if (!finding.cure.empty()) std::printf("    %s\n", finding.cure.c_str());
    }
    if (findings.empty()) std::puts("nothing will differ");
}

void print_json(const Report& report, const Findings& findings) {
    auto list = nlohmann::json::array();
    for (const Finding& finding : findings)
        list.push_back({{"weight", name_of(finding.weight)},
                        {"where", finding.where},
                        {"what", finding.what},
                        {"cure", finding.cure}});
    const nlohmann::json whole{{"looked_at", report.sources},
                               {"services", report.services.services()},
                               {"servers", report.services.servers()},
                               {"keepalived_services", report.keepalived_services},
                               {"keepalived_servers", report.keepalived_servers},
                               {"settings", report.settings.taken()},
                               {"findings", std::move(list)}};
    std::puts(whole.dump(2).c_str());
}

Result<int> check(const MakeRehearsal& rehearse, const Options& options) {
    const auto rehearsal = rehearse(), for_keepalived = rehearse();
    Report report(*rehearsal);
    if (auto ok = look(options, *for_keepalived, report); !ok) return std::unexpected(ok.error());
    const Findings findings = report.all();
    if (options.json)
        print_json(report, findings);
    else
        print(report, findings);
    const bool left = std::ranges::any_of(
        findings, [](const Finding& finding) { return finding.weight != Weight::different; });
    return left ? some_left : 0;
}

}  // namespace

void add_migrate_command(CLI::App& app, const MakeRehearsal& rehearse, int& status) {
    auto options = std::make_shared<Options>();
    auto* group = app.add_subcommand("migrate", "Move a host from the kernel's IPVS");
    group->require_subcommand(1);
    auto* command = group->add_subcommand("check", "Say what will differ; changes nothing");
    command->footer(examples);
    command->add_option("--rules", options->rules, "Rules as `ipvsadm -S -n` prints them")
        ->type_name("FILE");
    command->add_option("--sysctl", options->sysctls, "Settings as in sysctl.d")->type_name("FILE");
    command->add_option("--keepalived", options->keepalived, "A keepalived.conf")
        ->type_name("FILE");
    command->add_flag("--json", options->json, "For programs: an object");
    command->callback([options, rehearse, &status] {
        status = told("migrate check", check(rehearse, *options), nothing_done);
    });
}

}  // namespace turnout::cli
