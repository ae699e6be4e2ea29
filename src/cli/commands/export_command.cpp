#include "cli/commands/export_command.hpp"

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <memory>

#include "base/file.hpp"
#include "base/netns.hpp"
#include "cli/tell.hpp"
#include "ipvs/client.hpp"
#include "ipvs/socket_path.hpp"
#include "observe/node_exporter.hpp"

namespace turnout::cli {
namespace {

constexpr char textfile[] = "node-exporter-textfile", proc[] = "proc";
constexpr char examples[] =
    R"(Examples:
  turnout export --format node-exporter-textfile \
      --output /var/lib/prometheus/node-exporter/ipvs.prom
  turnout export --format proc --output /run/turnout/proc
The first is for node_exporter's textfile collector; the second writes net/ip_vs and
net/ip_vs_stats as the kernel does, for its ipvs collector.
Files are replaced as a whole: run it by a timer.  docs/user/metrics.md tells more.)";

// Whoever reads metrics need not be root.
constexpr mode_t for_everybody = 0644;

struct Options {
    std::string format, output;
};

Result<ipvs::Client> director_here() {
    const auto cookie = netns_cookie();
    if (!cookie) return std::unexpected(cookie.error());
    return ipvs::Client::connect(ipvs::socket_path(*cookie));
}

Result<std::string> text_of(ipvs::Client& director, const char* file) {
    std::string text;
    if (auto ok = director.text(file, [&](std::string_view part) { text += part; }); !ok)
        return std::unexpected(ok.error());
    return text;
}

// The third line of ip_vs_stats: what has been counted in all.
Result<model::Counters> totals_of(ipvs::Client& director) {
    const auto text = text_of(director, "ip_vs_stats");
    if (!text) return std::unexpected(text.error());
    model::Counters totals;
    constexpr char numbers[] =
        "%*[^\n]\n%*[^\n]\n%" SCNx64 "%" SCNx64 "%" SCNx64 "%" SCNx64 "%" SCNx64;
    if (std::sscanf(text->c_str(), numbers, &totals.connections, &totals.in_packets,
                    &totals.out_packets, &totals.in_bytes, &totals.out_bytes) != 5)
        return fail(EPROTO,
                    "the director's totals cannot be read: is turnoutd of another version?");
    return totals;
}

Result<observe::Farm> farm_of(ipvs::Client& director) {
    const auto totals = totals_of(director);
    if (!totals) return std::unexpected(totals.error());
    const auto services = director.services();
    if (!services) return std::unexpected(services.error());
    observe::Farm farm{*totals, {}};
    const Status asked = director.servers(*services, [&](const model::ServiceReport& report,
                                                         std::vector<model::ServerReport> servers) {
        farm.services.push_back({report.service.key, std::move(servers)});
    });
    if (!asked) return std::unexpected(asked.error());
    return farm;
}

Result<int> export_textfile(ipvs::Client& director, const std::string& output) {
    const auto farm = farm_of(director);
    if (!farm) return std::unexpected(farm.error());
    const std::string text = observe::node_exporter_text(*farm);
    if (output.empty()) {
        std::fputs(text.c_str(), stdout);
        return 0;
    }
    if (auto ok = replace_file(output, text, for_everybody); !ok)
        return std::unexpected(ok.error());
    return 0;
}

Result<int> export_proc(ipvs::Client& director, const std::string& output) {
    if (output.empty())
        return fail(EINVAL, "--format proc writes files: name their folder with --output");
    for (const char* file : {"ip_vs", "ip_vs_stats", "ip_vs_stats_percpu"}) {
        const auto text = text_of(director, file);
        if (!text) return std::unexpected(text.error());
        if (auto ok = replace_file(output + "/net/" + file, *text, for_everybody); !ok)
            return std::unexpected(ok.error());
    }
    return 0;
}

Result<int> run(const Options& options) {
    auto director = director_here();
    if (!director) return std::unexpected(director.error());
    return options.format == proc ? export_proc(*director, options.output)
                                  : export_textfile(*director, options.output);
}

}  // namespace

void add_export_command(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("export", "Counters for monitoring made for kernel IPVS");
    command->footer(examples);
    command
        ->add_option("--format", options->format,
                     "node-exporter-textfile: metrics node_ipvs_*; proc: files of /proc/net")
        ->check(CLI::IsMember({textfile, proc}).description(""))
        ->type_name("FORMAT")
        ->required();
    command
        ->add_option("--output", options->output,
                     "The file (proc: the folder) to write; without it, metrics are printed")
        ->type_name("PATH");
    command->callback([options, &status] { status = told("export", run(*options)); });
}

}  // namespace turnout::cli
