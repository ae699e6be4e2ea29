#include "cli/commands/settings_import.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>

#include "base/number.hpp"
#include "cli/api_client.hpp"
#include "cli/input.hpp"
#include "cli/migrate/sysctl_text.hpp"
#include "cli/tell.hpp"

namespace turnout::cli {
namespace {

constexpr char examples[] =
    R"(Examples:
  turnout settings import --dry-run /etc/sysctl.d/*.conf
  sysctl -a -r '^net.ipv4.vs' | turnout settings import
Lines that are not net.ipv4.vs.* are passed over.  A value that a setting cannot have
changes nothing at all.
Exit status: 0 when every setting was taken, 1 when some were not (each is named with
the reason), 2 when nothing could be done.)";

constexpr int some_left = 1, nothing_done = 2;

struct Options {
    std::vector<std::string> files;
    bool dry_run = false;
};

// A line, and what it would set.
struct Wanted {
    std::string where;  // "FILE:LINE"
    migrate::SysctlLine line;
    std::optional<int64_t> value;  // none: not a number
};

struct Import {
    std::vector<Wanted> wanted;
    size_t others = 0;
};

Status read_file(const std::string& file, Import& import) {
    const auto text = read_text(file);
    if (!text) return std::unexpected(text.error());
    migrate::SysctlText lines = migrate::read_sysctl_text(*text);
    if (!lines.unreadable.empty())
        return fail(EINVAL, file + ":" + std::to_string(lines.unreadable.front()) +
                                ": is no comment and no KEY = VALUE; nothing is changed");
    import.others += lines.others;
    for (migrate::SysctlLine& line : lines.settings) {
        const auto value = number_of<int64_t>(line.value);
        import.wanted.push_back({file + ":" + std::to_string(line.line), std::move(line), value});
    }
    return {};
}

const model::Setting* find(const std::vector<model::Setting>& settings, const std::string& name) {
    const auto known = std::ranges::find(settings, name, &model::Setting::name);
    return known == settings.end() ? nullptr : &*known;
}

// Whatever is wrong with a value is told before anything is set.
Status check(const Wanted& wanted, const std::vector<model::Setting>& settings) {
    const model::Setting* known = find(settings, wanted.line.name);
    if (!known) return {};
    if (wanted.value && *wanted.value >= known->least && *wanted.value <= known->greatest)
        return {};
    return fail(ERANGE, wanted.where + ": " + wanted.line.name + " is " +
                            std::to_string(known->least) + " to " +
                            std::to_string(known->greatest) + ", not \"" + wanted.line.value +
                            "\"; nothing is changed");
}

// What the director says to a name that it does not have.
std::string reason(const ApiClient& director, const Wanted& wanted) {
    if (wanted.line.name.find_first_of("*?[") != std::string::npos)
        return "patterns are not followed: name the settings one by one";
    const Status refused = director.set(wanted.line.name, 0);
    return refused ? "" : refused.error().message;
}

Result<int> run(const Options& options) {
    Import import;
    for (const auto& file : options.files)
        if (auto ok = read_file(file, import); !ok) return std::unexpected(ok.error());
    const auto director = ApiClient::here();
    if (!director) return std::unexpected(director.error());
    const auto settings = director->settings();
    if (!settings) return std::unexpected(settings.error());
    for (const Wanted& wanted : import.wanted)
        if (auto ok = check(wanted, *settings); !ok) return std::unexpected(ok.error());

    int status = 0;
    for (const Wanted& wanted : import.wanted) {
        const std::string& name = wanted.line.name;
        if (!find(*settings, name)) {
            std::fprintf(stderr, "%s: %s is not taken over: %s\n", wanted.where.c_str(),
                         name.c_str(), reason(*director, wanted).c_str());
            if (!wanted.line.optional) status = some_left;
            continue;
        }
        if (!options.dry_run)
            if (auto ok = director->set(name, *wanted.value); !ok)
                return std::unexpected(ok.error());
        std::printf("%s%s = %s\n", options.dry_run ? "would set " : "", name.c_str(),
                    wanted.line.value.c_str());
    }
    if (import.others) std::printf("%zu other settings are none of IPVS's\n", import.others);
    return status;
}

}  // namespace

void add_settings_import(CLI::App& settings, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = settings.add_subcommand("import", "Take over net.ipv4.vs.* out of sysctl.d");
    command->footer(examples);
    command->add_option("FILE", options->files, "In the format of sysctl.d (-)")->type_name("");
    command->add_flag("--dry-run", options->dry_run, "Say what would be done, and change nothing");
    command->callback([options, &status] {
        if (options->files.empty()) options->files.emplace_back("-");
        status = told("settings import", run(*options), nothing_done);
    });
}

}  // namespace turnout::cli
