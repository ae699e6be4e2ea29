#include "cli/commands/connection_filter.hpp"

namespace turnout::cli {

void add_filter_options(CLI::App& command, FilterOptions& options) {
    const auto word = [&](const char* name, const char* type, const char* meaning) {
        command
            .add_option_function<std::string>(
                std::string("--") + name,
                [&options, name](const std::string& value) { options.words[name] = value; },
                meaning)
            ->type_name(type);
    };
    word("client", "ADDRESS[/LENGTH][:PORT]", "Of these clients");
    word("service", "SERVICE", "To a service: tcp:198.51.100.1:80, fwm:7");
    word("server", "ADDRESS[:PORT]", "To a real server, as ipvsadm -r names it");
    word("protocol", "NAME", "tcp, udp or sctp");
    word("state", "NAME", "In a state: ESTABLISHED, TIME_WAIT, …");
    command.add_flag("--templates", options.templates, "The templates of persistent clients alone");
}

Result<api::QueryWords> words_of(const FilterOptions& options) {
    if (const auto filter = filter_of(options); !filter) return std::unexpected(filter.error());
    api::QueryWords words(options.words.begin(), options.words.end());
    if (options.templates) words.emplace_back("kind", "template");
    return words;
}

Result<model::ConnectionFilter> filter_of(const FilterOptions& options) {
    model::ConnectionFilter filter;
    for (const auto& [name, value] : options.words)
        if (auto ok = filter.add(name, value); !ok)
            return fail(ok.error().code, "--" + name + ": " + ok.error().message);
    if (options.templates) filter.is_template = true;
    return filter;
}

}  // namespace turnout::cli
