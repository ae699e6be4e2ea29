#include "config/state_file.hpp"

#include <algorithm>
#include <cerrno>

#include "base/file.hpp"
#include "config/saved_json.hpp"

namespace turnout::config {
namespace {

constexpr char cure[] =
    "; mend it, or move it away to start without services, or name another by --state";

}  // namespace

Result<std::optional<Saved>> StateFile::read(const std::string& path) {
    const auto text = read_file(path);
    if (!text) return fail(text.error().code, text.error().message + cure);
    if (!*text) return std::nullopt;
    const auto json = nlohmann::json::parse(**text, nullptr, false);
    if (json.is_discarded()) return fail(EINVAL, "the state file " + path + " is no JSON" + cure);
    auto saved = saved_from(json);
    if (!saved)
        return fail(EINVAL, "the state file " + path +
                                " cannot be understood: " + saved.error().message + cure);
    return *std::move(saved);
}

Status StateFile::save() {
    const uint64_t began = clock_();
    const auto text = json_of(collect(control_, own_)).dump(1) + '\n';
    const auto ok = replace_file(path_, text);
    last_took_ns_ = clock_() - began;
    failed_ = !ok;
    if (!ok)
        return fail(ok.error().code, "services cannot be saved: " + ok.error().message +
                                         " (--state names another file, or none)");
    return ok;
}

std::chrono::nanoseconds StateFile::delay() const {
    if (failed_) return std::chrono::seconds(10);
    constexpr std::chrono::nanoseconds least = std::chrono::milliseconds(100);
    return std::max(least, std::chrono::nanoseconds(9 * last_took_ns_));
}

}  // namespace turnout::config
