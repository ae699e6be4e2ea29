#include "cli/migrate/rules_check.hpp"

#include <sstream>

#include "cli/ipvsadm/change.hpp"

namespace turnout::cli::migrate {
namespace {

// What a list of rules may hold, and -S prints.
bool take(const std::string& where, const model::Change& change, Services& services) {
    if (const auto* service = std::get_if<model::AddService>(&change)) {
        services.add(where, service->service);
        return true;
    }
    if (const auto* server = std::get_if<model::AddServer>(&change)) {
        services.add(where, server->service, server->server);
        return true;
    }
    return false;
}

}  // namespace

Findings check_rules(const std::string& text, const std::string& name, Services& services) {
    Findings findings;
    std::istringstream lines(text);
    size_t number = 0;
    for (std::string rule; std::getline(lines, rule);) {
        const std::string where = name + ':' + std::to_string(++number);
        const auto words = ipvsadm::words_of(rule);
        if (words.size() == 1) continue;
        const auto line = ipvsadm::read_command_line(words, true);
        if (!line)
            findings.push_back({Weight::refused, where, line.error().text, ""});
        else if (!take(where, ipvsadm::change_of(*line), services))
            findings.push_back({Weight::refused, where, "this is no rule that ipvsadm -S prints",
                                "give the output of `ipvsadm -S -n`"});
    }
    return findings;
}

}  // namespace turnout::cli::migrate
