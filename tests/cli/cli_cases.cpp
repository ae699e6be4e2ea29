// Runs command lines of our real ipvsadm against a real Server and compares what they say.
//
//   cli_cases BINARY_DIR [--full] [--without FEATURE]… FILE…
//
// A case file is a list of cases, each on a fresh director:
//
//   NAME what this shows
//   NEEDS feature, feature          skipped when one of them is named by --without
//   RUN shell command               ipvsadm is ours
//   EXPECT exit status
//   | a line of standard output
//   ! a line of standard error
//
// RUN and EXPECT repeat; lines are compared to the last blank.  A line that begins with # is a
// comment.  With --full the director is test::FullControl, otherwise test::ModelControl.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "ipvs/server.hpp"
#include "support/full_control.hpp"
#include "support/model_control.hpp"

namespace {

using namespace turnout;

struct Step {
    std::string command;
    std::string expected;  // from EXPECT on
};

struct Case {
    std::string file, name;
    std::vector<std::string> needs;
    std::vector<Step> steps;
};

struct Options {
    bool full = false;
    std::set<std::string> without;
    std::vector<std::string> files;
};

[[noreturn]] void give_up(const std::string& why) {
    std::cerr << "cli_cases: " << why << "\n";
    std::exit(2);
}

std::string contents(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

std::vector<std::string> split_at_commas(const std::string& text) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream >> std::ws, part, ',');) parts.push_back(part);
    return parts;
}

std::vector<Case> read_cases(const std::string& file) {
    std::ifstream stream(file);
    if (!stream) give_up("cannot read " + file);
    std::vector<Case> cases;
    for (std::string line; std::getline(stream, line);) {
        if (line.empty() || line.starts_with('#')) continue;
        if (line.starts_with("NAME ")) {
            cases.push_back({file, line.substr(5), {}, {}});
        } else if (cases.empty()) {
            give_up(file + ": a case begins with NAME, not: " + line);
        } else if (line.starts_with("NEEDS ")) {
            cases.back().needs = split_at_commas(line.substr(6));
        } else if (line.starts_with("RUN ")) {
            cases.back().steps.push_back({line.substr(4), {}});
        } else if (!cases.back().steps.empty()) {
            cases.back().steps.back().expected += line + "\n";
        } else {
            give_up(file + ": what is expected follows RUN: " + line);
        }
    }
    return cases;
}

// A director in a thread, listening for the time of one case.
class Director {
  public:
    Director(bool full, const std::string& path) {
        if (full)
            control_ = std::make_unique<test::FullControl>();
        else
            control_ = std::make_unique<test::ModelControl>();
        server_ = std::make_unique<ipvs::Server>(io_, *control_, path);
        if (const auto started = server_->start(); !started) give_up(started.error().message);
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Director() {
        boost::asio::post(io_, [this] { server_.reset(); });
        thread_.join();
    }

  private:
    boost::asio::io_context io_;
    std::unique_ptr<model::Control> control_;
    std::unique_ptr<ipvs::Server> server_;
    std::thread thread_;
};

std::string marked(const std::string& text, const std::string& mark) {
    std::string lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines += mark + line + "\n";
    return lines;
}

// What the command did, as a case file would expect it.
std::string outcome(const std::string& command, const std::filesystem::path& folder) {
    const std::string out = folder / "out", err = folder / "err";
    const std::string redirected = "{ " + command + "\n} >" + out + " 2>" + err + " </dev/null";
    const int status = std::system(redirected.c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return "EXPECT " + std::to_string(code) + "\n" + marked(contents(out), "| ") +
           marked(contents(err), "! ");
}

// How many steps of the case went wrong.
int run(const Case& one, const Options& options, const std::filesystem::path& folder) {
    const Director director(options.full, folder / "director.sock");
    int failures = 0;
    for (const Step& step : one.steps) {
        const std::string got = outcome(step.command, folder);
        if (got == step.expected) continue;
        ++failures;
        std::cout << one.file << ": " << one.name << "\n  $ " << step.command << "\nexpected:\n"
                  << step.expected << "got:\n"
                  << got << "\n";
    }
    return failures;
}

bool skipped(const Case& one, const Options& options) {
    return std::any_of(one.needs.begin(), one.needs.end(), [&](const std::string& feature) {
        return options.without.contains(feature);
    });
}

Options read_options(const std::vector<std::string>& words) {
    Options options;
    for (size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--full")
            options.full = true;
        else if (words[i] == "--without" && i + 1 < words.size())
            options.without.insert(words[++i]);
        else
            options.files.push_back(words[i]);
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) give_up("usage: cli_cases BINARY_DIR [--full] [--without FEATURE]... FILE...");
    const Options options = read_options({argv + 2, argv + argc});
    char name[] = "/tmp/turnout-cli-XXXXXX";
    const std::filesystem::path folder = mkdtemp(name);
    setenv("PATH", (std::string(argv[1]) + ":" + std::getenv("PATH")).c_str(), 1);
    setenv("TURNOUT_SOCKET", (folder / "director.sock").c_str(), 1);

    int cases = 0, skips = 0, failures = 0;
    for (const std::string& file : options.files)
        for (const Case& one : read_cases(file)) {
            ++cases;
            if (skipped(one, options))
                ++skips;
            else
                failures += run(one, options, folder);
        }
    std::filesystem::remove_all(folder);
    std::cout << cases << " cases, " << skips << " skipped, " << failures << " steps failed\n";
    return failures == 0 ? 0 : 1;
}
