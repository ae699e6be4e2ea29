// The model that the simulation compares the data plane with: a list of connections, each with a
// state, a server and the time of its last packet, and templates.  It knows nothing of rows and
// buckets.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "abi/time.hpp"
#include "wire/transport.hpp"

namespace turnout::native::simulation {

// What IPVS's documentation draws as three tables: who sent the packet, what it is, from which
// state.
inline const std::vector<std::string> columns = {
    "NONE",  "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT", "TIME_WAIT",
    "CLOSE", "CLOSE_WAIT",  "LAST_ACK", "LISTEN",   "SYNACK"};
using Table = std::map<std::string, std::string>;  // "syn" and so on; two letters a state
inline const Table of_client = {{"syn", "SRESESSRSRSRSRSRSRSRSR"},
                                {"fin", "CLCWSSTWTWTWCLCWLALITW"},
                                {"ack", "ESESSSESFWTWCLCWCLLIES"},
                                {"rst", "CLCLCLSRCLCLCLCLLALISR"}};
inline const Table of_server = {{"syn", "SSESSSSRSSSSSSSSSSLISR"},
                                {"fin", "TWFWSSTWFWTWCLTWLALITW"},
                                {"ack", "ESESSSESFWTWCLCWLAESES"},
                                {"rst", "CLCLSSCLCLTWCLCLCLCLCL"}};
inline const Table of_client_alone = {{"syn", "SRESESSRSRSRSRSRSRSRSR"},
                                      {"fin", "CLFWSSTWFWTWCLCWLALITW"},
                                      {"ack", "ESESSSESFWTWCLCWCLLIES"},
                                      {"rst", "CLCLCLSRCLCLCLCLLALICL"}};
inline const std::map<std::string, std::string> by_letters = {
    {"NO", "NONE"},     {"ES", "ESTABLISHED"}, {"SS", "SYN_SENT"}, {"SR", "SYN_RECV"},
    {"FW", "FIN_WAIT"}, {"TW", "TIME_WAIT"},   {"CL", "CLOSE"},    {"CW", "CLOSE_WAIT"},
    {"LA", "LAST_ACK"}, {"LI", "LISTEN"},      {"SA", "SYNACK"}};

inline std::string event_of(uint8_t flags) {
    if (flags & tcp_flag::rst) return "rst";
    if (flags & tcp_flag::syn) return "syn";
    if (flags & tcp_flag::fin) return "fin";
    return flags & tcp_flag::ack ? "ack" : "none";
}

inline std::string next_state(const Table& table, const std::string& state, uint8_t flags) {
    const auto row = table.find(event_of(flags));
    if (row == table.end()) return "CLOSE";
    const auto column = std::ranges::find(columns, state) - columns.begin();
    return by_letters.at(row->second.substr(static_cast<size_t>(column) * 2, 2));
}

inline bool is_active(const std::string& state) {
    return state == "ESTABLISHED" || state == "SYN_SENT" || state == "SYN_RECV" ||
           state == "SYNACK";
}

inline constexpr uint32_t server_count = 6;

struct Timed {
    uint32_t server;
    abi::Tick last_seen, timeout;
    bool is_over(abi::Tick now) const { return now - last_seen >= timeout; }
};
struct Connection : Timed {
    std::string state;
    bool one_sided;
    std::optional<uint64_t> parent;  // number of its template
};
struct Template : Timed {
    uint16_t port;  // of the service
    uint32_t client;
    bool retired = false;
    uint32_t children = 0;
};
struct Server {
    bool present = true;
    int32_t weight = 1;
};
// Who talks with which service.
struct Name {
    uint32_t client;
    uint16_t client_port, port;
    auto operator<=>(const Name&) const = default;
};

struct Model {
    std::map<Name, Connection> connections;
    std::map<uint64_t, Template> templates;
    uint64_t templates_made = 0;
    std::vector<uint64_t> lingering;  // templates of connections that are over and not yet swept
    std::map<uint16_t, std::array<Server, server_count>> servers;  // by port of the service
    std::map<std::string, uint32_t> timeouts;                      // seconds by state
    int64_t reuse_mode = 1, expire_nodest = 0, expire_quiescent = 0;

    Connection* find(const Name& name, abi::Tick now) {
        const auto at = connections.find(name);
        if (at == connections.end()) return nullptr;
        if (!at->second.is_over(now)) return &at->second;
        // Its template keeps counting it until the sweeper comes by.
        if (at->second.parent) lingering.push_back(*at->second.parent);
        connections.erase(at);
        return nullptr;
    }
    const Server& server(const Name& name, uint32_t number) { return servers[name.port][number]; }

    void see(Connection& connection, const Table& table, uint8_t flags, bool udp, abi::Tick now) {
        connection.state = udp ? "UDP" : next_state(table, connection.state, flags);
        connection.timeout = abi::ticks_of_seconds(timeouts.at(connection.state));
        connection.last_seen = now;
    }
    bool makes_way(const Name& name, const Connection& connection, uint8_t flags) {
        const bool opening = flags & tcp_flag::syn;
        const Server& its = server(name, connection.server);
        if (expire_nodest && (!its.present || (its.weight == 0 && opening))) return true;
        if (!opening || connection.parent || reuse_mode == 0) return false;
        return connection.state == "TIME_WAIT" || connection.state == "CLOSE" ||
               (reuse_mode == 2 && connection.state == "FIN_WAIT" && connection.one_sided);
    }
    // The client's template, if it may be followed.
    std::optional<uint64_t> valid_template(const Name& name, abi::Tick now) {
        for (auto& [number, each] : templates) {
            if (each.retired || each.port != name.port || each.client != name.client) continue;
            if (each.children == 0 && each.is_over(now)) continue;
            const Server& its = server(name, each.server);
            if (its.present && !(expire_quiescent && its.weight == 0)) return number;
            each.retired = true;
        }
        return std::nullopt;
    }
    void follow(Template& each, abi::Tick now) {
        if (each.is_over(now)) each.timeout = abi::ticks_of_seconds(60);
        each.last_seen = now;
    }
    bool gone(uint16_t port, uint32_t number) {
        return expire_nodest && !servers[port][number].present;
    }
    // Ends what is over.  Gives the templates that lost their last connection in this very walk:
    // when the walk came by one before that, it has given it another minute.
    std::vector<uint64_t> sweep(abi::Tick now) {
        std::set<uint64_t> parents;
        for (const auto& [number, it] : templates)
            if (it.children) parents.insert(number);
        for (const uint64_t parent : lingering) --templates.at(parent).children;
        lingering.clear();
        std::erase_if(connections, [&](const auto& each) {
            const bool over = each.second.is_over(now) || gone(each.first.port, each.second.server);
            if (over && each.second.parent) --templates.at(*each.second.parent).children;
            return over;
        });
        std::vector<uint64_t> doubtful;
        for (auto at = templates.begin(); at != templates.end();) {
            Template& it = at->second;
            const bool over = it.is_over(now), ends = over || gone(it.port, it.server);
            const bool orphan = it.children == 0;
            if (orphan && ends && !parents.contains(at->first)) {
                at = templates.erase(at);
                continue;
            }
            if (orphan && ends) doubtful.push_back(at->first);
            if (over) follow(it, now);
            ++at;
        }
        return doubtful;
    }
};

}  // namespace turnout::native::simulation
