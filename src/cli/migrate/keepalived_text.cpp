#include "cli/migrate/keepalived_text.hpp"

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <utility>

namespace turnout::cli::migrate {
namespace {

// Takes the next word off the line; false at its end, or where a comment begins.
bool take_word(std::string_view& line, std::string& word) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    if (line.empty() || line[0] == '#' || line[0] == '!') return false;
    const bool quoted = line[0] == '"', brace = line[0] == '{' || line[0] == '}';
    if (quoted) line.remove_prefix(1);
    const size_t end = brace ? 1 : quoted ? line.find('"') : line.find_first_of(" \t\r#!{}");
    word = line.substr(0, end);
    line.remove_prefix(std::min(word.size() + (quoted ? 1 : 0), line.size()));
    return true;
}

class Reader {
  public:
    Result<std::vector<Statement>> read(std::string_view text) {
        std::istringstream lines{std::string(text)};
        for (std::string line; std::getline(lines, line);) {
            ++number_;
            std::string_view rest = line;
            for (std::string word; take_word(rest, word);)
                if (auto ok = take(word); !ok) return std::unexpected(ok.error());
            end_statement();
        }
        if (open_.size() == 1) return std::move(open_.back().inside);
        return fail(EINVAL,
                    "the block of line " + std::to_string(open_.back().line) + " has no end");
    }

  private:
    Status take(const std::string& word) {
        if (word == "{") {
            pending_.line = pending_.words.empty() ? number_ : pending_.line;
            open_.push_back(std::exchange(pending_, {}));
        } else if (word == "}") {
            end_statement();
            if (open_.size() == 1)
                return fail(EINVAL,
                            "line " + std::to_string(number_) + " ends a block that is none");
            Statement block = std::move(open_.back());
            open_.pop_back();
            open_.back().inside.push_back(std::move(block));
        } else {
            if (pending_.words.empty()) pending_.line = number_;
            pending_.words.push_back(word);
        }
        return {};
    }
    void end_statement() {
        if (!pending_.words.empty()) open_.back().inside.push_back(std::exchange(pending_, {}));
    }

    size_t number_ = 0;
    Statement pending_;
    std::vector<Statement> open_{1};  // the first is the whole text
};

}  // namespace

Result<std::vector<Statement>> read_keepalived(std::string_view text) {
    return Reader().read(text);
}

}  // namespace turnout::cli::migrate
