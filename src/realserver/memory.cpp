#include "realserver/memory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace turnout::realserver {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

json to_json(const Record& record) {
    json things = json::array();
    for (const auto& [thing, wanted, before] : record.things) {
        things.push_back({{"kind", word(thing.kind)}, {"name", thing.name}, {"wanted", wanted}});
        if (before) things.back()["before"] = *before;
    }
    return {{"vip", record.request.vip.to_string()}, {"method", to_string(record.request.method)},
            {"interface", record.request.interface}, {"tun-port", record.request.gue_port},
            {"mss", to_string(record.request.mss)},  {"things", things}};
}

// Throws json::exception on anything that is not a record.
Record from_json(const json& text) {
    Record record;
    auto& request = record.request;
    const auto vip = model::Address::parse(text.at("vip").get<std::string>());
    if (!vip) throw json::other_error::create(501, "vip is not an address", &text);
    request.vip = *vip;
    request.method = text.at("method") == "tunnel" ? Method::tunnel : Method::direct;
    request.interface = text.at("interface");
    request.gue_port = text.at("tun-port");
    const auto mss = parse_mss(text.value("mss", ""));
    if (!mss) throw json::other_error::create(501, "mss is not an MSS", &text);
    request.mss = *mss;
    for (const auto& entry : text.at("things")) {
        Remembered remembered{{Kind::setting, entry.at("name")}, entry.at("wanted"), {}};
        if (!parse(entry.at("kind"), remembered.thing.kind))
            throw json::other_error::create(501, "unknown kind", &entry);
        if (entry.contains("before")) remembered.before = entry["before"];
        record.things.push_back(std::move(remembered));
    }
    return record;
}

Result<Record> read_record(const fs::path& file) {
    try {
        std::ifstream stream(file);
        return from_json(json::parse(stream));
    } catch (const json::exception& error) {
        return fail(EBADMSG, file.string() + " cannot be read (" + error.what() +
                                 "): remove it, then restore by hand what it names");
    }
}

}  // namespace

Remembered* Record::find(const Thing& thing) {
    for (auto& remembered : things)
        if (remembered.thing == thing) return &remembered;
    return nullptr;
}

Memory::Memory(fs::path folder, std::string owner)
    : folder_(std::move(folder)), prefix_("realserver-" + std::move(owner) + "-") {}

fs::path Memory::file_of(const model::Address& vip) const {
    return folder_ / (prefix_ + vip.to_string() + ".json");
}

Status Memory::lock() {
    std::error_code error;
    fs::create_directories(folder_, error);
    lock_ = Fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock_ || ::flock(lock_.get(), LOCK_EX) != 0) return fail_errno(errno, folder_.string());
    return {};
}

Result<std::optional<Record>> Memory::load(const model::Address& vip) const {
    if (!fs::exists(file_of(vip))) return std::nullopt;
    auto record = read_record(file_of(vip));
    if (!record) return std::unexpected(record.error());
    return std::move(*record);
}

Result<std::vector<Record>> Memory::load_all() const {
    std::vector<Record> records;
    for (const auto& entry : fs::directory_iterator(folder_)) {
        const auto name = entry.path().filename().string();
        if (!name.starts_with(prefix_) || !name.ends_with(".json")) continue;
        auto record = read_record(entry.path());
        if (!record) return std::unexpected(record.error());
        records.push_back(std::move(*record));
    }
    return records;
}

Status Memory::save(const Record& record) const {
    const auto file = file_of(record.request.vip);
    const auto aside = fs::path(file) += ".new";
    {
        std::ofstream stream(aside);
        stream << to_json(record).dump(2) << '\n';
        if (!stream.flush()) return fail(EIO, "cannot write " + aside.string());
    }
    std::error_code error;
    fs::rename(aside, file, error);
    if (error) return fail_errno(error.value(), file.string());
    return {};
}

Status Memory::forget(const model::Address& vip) const {
    std::error_code error;
    fs::remove(file_of(vip), error);
    if (error) return fail_errno(error.value(), file_of(vip).string());
    return {};
}

Result<std::string> namespace_cookie() {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    if (!socket || ::getsockopt(socket.get(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) != 0)
        return fail_errno(errno, "the network namespace's cookie (Linux 5.14 and later have one)");
    return std::to_string(cookie);
}

}  // namespace turnout::realserver
