#include "cli/connection_counts.hpp"

#include <algorithm>

#include "cli/columns.hpp"
#include "model/names.hpp"

namespace turnout::cli {
namespace {

const char* kind_of(bool is_template) {
    return is_template ? "template" : "connection";
}

std::string name_of(const model::ServerKey& server) {
    return to_string(server.address, server.port);
}

}  // namespace

void ConnectionCounts::add(const model::ConnectionReport& c) {
    all_.add(c.is_template);
    ++by_state_[{c.protocol, c.is_template, c.state}];
    by_server_[{c.service, c.serving}].add(c.is_template);
}

std::string ConnectionCounts::text() const {
    std::vector<std::vector<std::string>> states{{"PROTOCOL", "KIND", "STATE", "COUNT"}};
    for (const auto& [key, count] : by_state_) {
        const auto& [protocol, is_template, state] = key;
        states.push_back(
            {model::name_of(protocol), kind_of(is_template), state, std::to_string(count)});
    }
    std::vector<std::vector<std::string>> servers{
        {"SERVICE", "SERVER", "CONNECTIONS", "TEMPLATES"}};
    for (const auto& [key, of] : by_server_)
        servers.push_back({name_of(key.first), name_of(key.second), std::to_string(of.connections),
                           std::to_string(of.templates)});
    return "connections " + std::to_string(all_.connections) + ", templates " +
           std::to_string(all_.templates) + "\n\n" + in_columns(states) + '\n' +
           in_columns(servers);
}

nlohmann::json ConnectionCounts::json() const {
    using Json = nlohmann::json;
    Json states = Json::array(), servers = Json::array();
    for (const auto& [key, count] : by_state_) {
        const auto& [protocol, is_template, state] = key;
        states.push_back({{"protocol", model::name_of(protocol)},
                          {"kind", kind_of(is_template)},
                          {"state", state},
                          {"count", count}});
    }
    for (const auto& [key, of] : by_server_)
        servers.push_back({{"service", name_of(key.first)},
                           {"server", name_of(key.second)},
                           {"connections", of.connections},
                           {"templates", of.templates}});
    return {{"connections", all_.connections},
            {"templates", all_.templates},
            {"by_state", std::move(states)},
            {"by_server", std::move(servers)}};
}

void TopTalkers::add(const model::ConnectionReport& c) {
    switch (by_) {
        case By::client:
            ++counts_[c.client.to_string()];
            break;
        case By::server:
            ++counts_[name_of(c.serving)];
            break;
        case By::service:
            ++counts_[model::name_of(c.service)];
            break;
    }
}

// Of equals, the one whose name stands first.
std::vector<TopTalkers::Row> TopTalkers::top(size_t count) const {
    std::vector<Row> rows(counts_.begin(), counts_.end());
    const auto end = rows.begin() + static_cast<ptrdiff_t>(std::min(count, rows.size()));
    std::partial_sort(rows.begin(), end, rows.end(), [](const Row& a, const Row& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    rows.erase(end, rows.end());
    return rows;
}

}  // namespace turnout::cli
