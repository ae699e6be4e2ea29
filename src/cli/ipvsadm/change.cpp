#include "cli/ipvsadm/change.hpp"

#include <algorithm>

namespace turnout::ipvsadm {

model::Change change_of(const CommandLine& line) {
    const model::ServiceKey& key = line.service.key;
    switch (line.command) {
        case Command::add_service:
            return model::AddService{line.service};
        case Command::edit_service:
            return model::EditService{line.service};
        case Command::delete_service:
            return model::RemoveService{key};
        case Command::add_server:
            return model::AddServer{key, line.server};
        case Command::edit_server:
            return model::EditServer{key, line.server};
        case Command::delete_server:
            return model::RemoveServer{key, line.server.key};
        case Command::set_timeouts:
            return model::SetTimeouts{line.timeouts};
        case Command::zero:
            return line.given.has(Option::service) ? model::ZeroCounters{key}
                                                   : model::ZeroCounters{};
        case Command::start_daemon:
            return model::StartDaemon{line.daemon};
        case Command::stop_daemon:
            return model::StopDaemon{line.daemon.role};
        default:
            return model::RemoveAll{};
    }
}

std::vector<std::string> words_of(std::string_view rule) {
    constexpr std::string_view spaces = " \t\n\v\f\r";
    std::vector<std::string> words{"ipvsadm"};
    while (true) {
        rule.remove_prefix(std::min(rule.find_first_not_of(spaces), rule.size()));
        if (rule.empty()) return words;
        const std::string_view word = rule.substr(0, rule.find_first_of(spaces));
        if (words.size() > 1 || word != "ipvsadm") words.emplace_back(word);
        rule.remove_prefix(word.size());
    }
}

}  // namespace turnout::ipvsadm
