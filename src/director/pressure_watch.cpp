#include "director/pressure_watch.hpp"

namespace turnout::director {
namespace {

struct Defence {
    uint32_t flag;
    const char* name;
    const char* rises;
    const char* falls;
};

constexpr Defence defences[] = {
    {abi::settings_flag::stateless, "without records",
     "the connection table is full: new connections are forwarded without a record, by a hash of "
     "their client; --conn-table-bits makes a larger table",
     "connections without a record have ended: every new one has room in the table"},
    {abi::settings_flag::drop_entry, "drop_entry",
     "drop_entry is up: connections that came to nothing are ended", "drop_entry is down"},
    {abi::settings_flag::drop_packet, "drop_packet",
     "drop_packet is up: some new connections are refused", "drop_packet is down"},
    {abi::settings_flag::secure_tcp, "secure_tcp",
     "secure_tcp is up: only whole handshakes establish a connection", "secure_tcp is down"},
};

}  // namespace

std::vector<std::string> PressureWatch::look(const tables::Rows& rows) {
    const uint32_t now = rows.settings->flags;
    const std::string fill = " (" + std::to_string(rows.pressure->records) + " records, room for " +
                             std::to_string(rows.settings->room) + ")";
    std::vector<std::string> news;
    for (const Defence& defence : defences)
        if ((now ^ seen_) & defence.flag)
            news.push_back((now & defence.flag ? defence.rises : defence.falls) + fill);
    seen_ = now;
    return news;
}

std::vector<std::string> defences_up(const abi::Settings& settings) {
    std::vector<std::string> up;
    for (const Defence& defence : defences)
        if (settings.flags & defence.flag) up.emplace_back(defence.name);
    return up;
}

}  // namespace turnout::director
