#include "cli/ipvsadm/restore.hpp"

#include <cstdio>
#include <vector>

#include "cli/ipvsadm/change.hpp"
#include "cli/ipvsadm/exit_status.hpp"
#include "cli/ipvsadm/refusal.hpp"
#include "ipvs/change_stream.hpp"

namespace turnout::ipvsadm {
namespace {

bool is_change(Command command) {
    return command != Command::list && command != Command::save;
}

class Restoration {
  public:
    Restoration(ipvs::Client& client, const std::function<int(const CommandLine&)>& list)
        : changes_(client, [this](size_t number, const Error& error) { refuse(number, error); }),
          list_(list) {}

    int run(Lines& rules) {
        for (bool goes_on = true; goes_on;) {
            if (!rules.at_hand()) changes_.finish();
            const auto rule = rules.next();
            goes_on = rule && obey(words_of(*rule));
        }
        changes_.finish();
        return status_;
    }

  private:
    // False when no rule may follow.
    bool obey(const std::vector<std::string>& words) {
        if (words.size() == 1) return true;
        const auto line = read_command_line(words, true);
        if (line && is_change(line->command)) {
            change(*line);
            return true;
        }
        changes_.finish();
        status_ = line ? list_(*line) : say(line.error());
        return line ? status_ != list_failed : !line.error().ends_restore;
    }

    void change(const CommandLine& line) {
        status_ = 0;
        commands_.push_back(line.command);
        changes_.add(change_of(line));
    }

    void refuse(size_t number, const Error& error) {
        std::fprintf(stderr, "%s\n", refusal(commands_[number], error).c_str());
        if (number + 1 == commands_.size()) status_ = refused;
    }

    ipvs::ChangeStream changes_;
    const std::function<int(const CommandLine&)>& list_;
    std::vector<Command> commands_;  // of the changes
    int status_ = 0;
};

}  // namespace

int restore(ipvs::Client& client, Lines& rules,
            const std::function<int(const CommandLine&)>& list) {
    return Restoration(client, list).run(rules);
}

int say(const Goodbye& goodbye) {
    std::fprintf(goodbye.status == 0 ? stdout : stderr, "%s\n", goodbye.text.c_str());
    return goodbye.status;
}

}  // namespace turnout::ipvsadm
