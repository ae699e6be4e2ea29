#include "ipvs/proc_text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cinttypes>

#include "base/format.hpp"
#include "ipvs/protocol.hpp"

namespace turnout::ipvs {
namespace {

using model::Address;
using model::Family;

constexpr std::string_view upper_digits = "0123456789ABCDEF", lower_digits = "0123456789abcdef";

// The kernel writes timeouts in its ticks.  They are as many as its build says, which no program
// can ask for: these are those of Debian's.
constexpr uint32_t jiffies_per_second = 250;

// By hand, as all of a connection's row: there may be millions of them.
void append_hex(std::string& text, uint8_t byte, std::string_view digits) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
}

// "C6336407", or "2001:0db8:0000:0000:0000:0000:0000:0007"
void append_hex(std::string& text, const Address& address) {
    if (address.family == Family::ipv4) {
        for (size_t i = 0; i < 4; ++i) append_hex(text, address.bytes[i], upper_digits);
        return;
    }
    for (size_t i = 0; i < address.bytes.size(); ++i) {
        if (i > 0 && i % 2 == 0) text += ':';
        append_hex(text, address.bytes[i], lower_digits);
    }
}

// With the space behind it.
void append_hex(std::string& text, const Address& address, uint16_t port) {
    append_hex(text, address);
    text += ' ';
    append_hex(text, static_cast<uint8_t>(port >> 8), upper_digits);
    append_hex(text, static_cast<uint8_t>(port), upper_digits);
    text += ' ';
}

void append_left(std::string& text, std::string_view word, size_t width) {
    text += word;
    if (word.size() < width) text.append(width - word.size(), ' ');
}

void append_right(std::string& text, uint32_t number, size_t width) {
    char digits[10];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    const auto size = static_cast<size_t>(end - digits);
    if (size < width) text.append(width - size, ' ');
    text.append(digits, size);
}

// What a row of a connection begins with, up to its state.
void append_connection(std::string& text, const model::ConnectionReport& c) {
    // A template of a service by mark is for any protocol.
    append_left(text, c.protocol == model::Protocol::none ? "IP" : to_string(c.protocol), 3);
    text += ' ';
    append_hex(text, c.client, c.client_port);
    append_hex(text, c.virtual_address, c.virtual_port);
    append_hex(text, c.server, c.server_port);
    append_left(text, c.state, 11);
    text += ' ';
}

bool append_connections(const model::Control& control, uint32_t part, std::string& text) {
    if (part == 0)
        text += "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
    return control.connections(part, [&](const model::ConnectionReport& c) {
        append_connection(text, c);
        append_right(text, c.expires_s, 7);
        if (!c.engine.empty()) text += ' ' + c.engine + ' ' + c.engine_data;
        text += '\n';
    });
}

bool append_origins(const model::Control& control, uint32_t part, std::string& text) {
    if (part == 0)
        text += "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n";
    return control.connections(part, [&](const model::ConnectionReport& c) {
        append_connection(text, c);
        text += "LOCAL  ";
        append_right(text, c.expires_s, 7);
        text += '\n';
    });
}

// "C6336401:0050", or "[2001:0db8:0000:0000:0000:0000:0000:0001]:0050"
std::string endpoint(const Address& address, uint16_t port) {
    std::string text;
    append_hex(text, address);
    if (address.family == Family::ipv6) text = '[' + text + ']';
    return text + format(":%04X", port);
}

void append_service(std::string& text, const model::Service& service) {
    const model::ServiceKey& key = service.key;
    const bool ipv4 = key.address.family == Family::ipv4;
    const char* ops = service.flags & model::service_flag::one_packet ? "ops " : "";
    if (key.mark)
        text += format("FWM  %08X %s %s", key.mark, service.scheduler.c_str(), ops);
    else
        text += format("%s  %s %s ", to_string(key.protocol),
                       endpoint(key.address, key.port).c_str(), service.scheduler.c_str());
    if (!key.mark && ipv4) text += std::string(ops) + ' ';
    if (service.persistent())
        text += format("persistent %u %08X", service.persistence_timeout_s * jiffies_per_second,
                       ipv4 ? service.netmask : htonl(service.netmask));
    text += '\n';
}

void append_server(std::string& text, const model::ServerReport& report) {
    const model::Server& server = report.server;
    text += format("  -> %s      %-7s %-6d %-10u %-10u\n",
                   endpoint(server.key.address, server.key.port).c_str(), to_string(server.method),
                   server.weight_now(), report.active, report.inactive);
}

void append_table(const model::Control& control, std::string& text) {
    text += format(
        "IP Virtual Server version %u.%u.%u (size=%u)\n"
        "Prot LocalAddress:Port Scheduler Flags\n"
        "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n",
        ipvs_version >> 16, ipvs_version >> 8 & 0xff, ipvs_version & 0xff,
        control.connection_table_size());
    for (const auto& service : control.services()) {
        append_service(text, service.service);
        if (const auto servers = control.servers(service.service.key))
            for (const auto& server : *servers) append_server(text, server);
    }
}

// Of Counters or Rates.
template <class Numbers>
std::string five(const Numbers& n) {
    return format("%8" PRIX64 " %8" PRIX64 " %8" PRIX64 " %16" PRIX64 " %16" PRIX64 "\n",
                  n.connections, n.in_packets, n.out_packets, n.in_bytes, n.out_bytes);
}

void append_totals(const model::Control& control, std::string& text) {
    const model::Totals totals = control.totals();
    text +=
        "   Total Incoming Outgoing         Incoming         Outgoing\n"
        "   Conns  Packets  Packets            Bytes            Bytes\n";
    text += five(sum(totals.by_cpu)) + '\n';
    text += " Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n";
    text += five(totals.rates);
}

void append_totals_by_cpu(const model::Control& control, std::string& text) {
    const model::Totals totals = control.totals();
    text +=
        "       Total Incoming Outgoing         Incoming         Outgoing\n"
        "CPU    Conns  Packets  Packets            Bytes            Bytes\n";
    for (size_t cpu = 0; cpu < totals.by_cpu.size(); ++cpu)
        text += format("%3zX ", cpu) + five(totals.by_cpu[cpu]);
    text += "  ~ " + five(sum(totals.by_cpu));
    text += "     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n";
    text += "    " + five(totals.rates);
}

}  // namespace

bool is_proc_text(std::string_view name) {
    return std::ranges::find(proc_files, name) != std::end(proc_files);
}

bool append_proc_text(const model::Control& control, std::string_view name, uint32_t part,
                      std::string& text) {
    if (name == "ip_vs_conn") return append_connections(control, part, text);
    if (name == "ip_vs_conn_sync") return append_origins(control, part, text);
    if (part > 0) return false;
    if (name == "ip_vs") append_table(control, text);
    if (name == "ip_vs_stats") append_totals(control, text);
    if (name == "ip_vs_stats_percpu") append_totals_by_cpu(control, text);
    return true;
}

}  // namespace turnout::ipvs
