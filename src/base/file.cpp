#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/fd.hpp"

namespace turnout {
namespace {

namespace fs = std::filesystem;

Status write_all(const Fd& file, const std::string& text, const std::string& path) {
    for (size_t written = 0; written < text.size();) {
        const ssize_t more = write(file.get(), text.data() + written, text.size() - written);
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) return fail_errno(errno, "cannot write " + path);
        written += static_cast<size_t>(more);
    }
    return {};
}

Status write_synced(const std::string& path, const std::string& text, mode_t mode) {
    const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!file || fchmod(file.get(), mode) != 0) return fail_errno(errno, "cannot make " + path);
    if (auto ok = write_all(file, text, path); !ok) return ok;
    if (fsync(file.get()) != 0) return fail_errno(errno, "cannot write " + path + " to the disk");
    return {};
}

// A name is on the disk only when its folder is.
Status sync_folder(const std::string& folder) {
    const Fd opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || fsync(opened.get()) != 0)
        return fail_errno(errno, "cannot write folder " + folder + " to the disk");
    return {};
}

}  // namespace

Result<std::optional<std::string>> read_file(const std::string& path) {
    const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return std::nullopt;
    if (!file) return fail_errno(errno, "cannot open " + path);
    std::string text;
    char piece[65536];
    for (;;) {
        const ssize_t got = read(file.get(), piece, sizeof piece);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(errno, "cannot read " + path);
        if (got == 0) return text;
        text.append(piece, static_cast<size_t>(got));
    }
}

Status replace_file(const std::string& path, const std::string& text, mode_t mode) {
    const std::string named = fs::path(path).parent_path();
    const std::string folder = named.empty() ? "." : named;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return fail_errno(error.value(), "cannot make folder " + folder);
    const std::string aside = path + ".new";
    auto ok = write_synced(aside, text, mode);
    if (ok && rename(aside.c_str(), path.c_str()) != 0)
        ok = fail_errno(errno, "cannot replace " + path);
    if (!ok) {
        unlink(aside.c_str());
        return ok;
    }
    return sync_folder(folder);
}

}  // namespace turnout
