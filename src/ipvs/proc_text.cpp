#include "ipvs/proc_text.hpp"

#include <cstdio>

namespace turnout::ipvs {
namespace {

using model::Address;
using model::Family;
using Line = std::function<void(std::string_view)>;

// "C6336407", or "2001:0db8:0000:0000:0000:0000:0000:0007"
std::string hex(const Address& address) {
    const auto& b = address.bytes;
    char text[40];
    if (address.family == Family::ipv4) {
        std::snprintf(text, sizeof text, "%02X%02X%02X%02X", b[0], b[1], b[2], b[3]);
        return text;
    }
    std::string groups;
    for (size_t i = 0; i < b.size(); i += 2) {
        std::snprintf(text, sizeof text, "%s%02x%02x", i == 0 ? "" : ":", b[i], b[i + 1]);
        groups += text;
    }
    return groups;
}

std::string hex(const Address& address, uint16_t port) {
    char text[8];
    std::snprintf(text, sizeof text, " %04X", port);
    return hex(address) + text;
}

std::string row(const model::ConnectionReport& c) {
    const std::string ends = hex(c.client, c.client_port) + " " +
                             hex(c.virtual_address, c.virtual_port) + " " +
                             hex(c.server, c.server_port);
    const std::string engine = c.engine.empty() ? "" : " " + c.engine + " " + c.engine_data;
    // A template of a service by mark is for any protocol.
    const char* protocol = c.protocol == model::Protocol::none ? "IP" : to_string(c.protocol);
    char text[512];
    std::snprintf(text, sizeof text, "%-3s %s %-11s %7lu%s\n", protocol, ends.c_str(),
                  c.state.c_str(), static_cast<unsigned long>(c.expires_s), engine.c_str());
    return text;
}

void connections(const model::Control& control, const Line& line) {
    line("Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n");
    control.connections([&](const model::ConnectionReport& report) { line(row(report)); });
}

}  // namespace

bool proc_text(std::string_view name, const model::Control& control, const Line& line) {
    if (name != "ip_vs_conn") return false;
    connections(control, line);
    return true;
}

}  // namespace turnout::ipvs
