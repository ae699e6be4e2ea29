// What set-up changed, kept in a file so that undo restores it exactly.
//
// One file for each virtual address and network namespace (named by the namespace's cookie).  A
// file also lists what was found right: another virtual address may rely on it when this one goes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "realserver/plan.hpp"

namespace turnout::realserver {

struct Remembered {
    Thing thing;
    std::string wanted;
    std::optional<std::string> before;  // none: it was right, nothing was changed

    bool operator==(const Remembered&) const = default;
};

struct Record {
    Request request;
    std::vector<Remembered> things;

    Remembered* find(const Thing& thing);
};

class Memory {
  public:
    // `owner` tells this network namespace's files from those of others.
    Memory(std::filesystem::path folder, std::string owner);

    // Keeps other processes from changing anything until this object goes.
    Status lock();
    Result<std::optional<Record>> load(const model::Address& vip) const;
    Result<std::vector<Record>> load_all() const;
    Status save(const Record& record) const;
    Status forget(const model::Address& vip) const;

  private:
    std::filesystem::path file_of(const model::Address& vip) const;

    std::filesystem::path folder_;
    std::string prefix_;
    Fd lock_;
};

// The cookie of the network namespace this process is in.
Result<std::string> namespace_cookie();

}  // namespace turnout::realserver
