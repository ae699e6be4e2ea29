// Connections counted: by protocol and state, by service and server; and who has the most.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/report.hpp"

namespace turnout::cli {

class ConnectionCounts {
  public:
    void add(const model::ConnectionReport& connection);

    std::string text() const;
    nlohmann::json json() const;

  private:
    struct Of {
        uint64_t connections = 0, templates = 0;
        void add(bool is_template) { ++(is_template ? templates : connections); }
    };
    // Protocol, whether it is templates, state.
    std::map<std::tuple<model::Protocol, bool, std::string>, uint64_t> by_state_;
    std::map<std::pair<model::ServiceKey, model::ServerKey>, Of> by_server_;
    Of all_;
};

class TopTalkers {
  public:
    enum class By { client, server, service };
    explicit TopTalkers(By by) : by_(by) {}

    void add(const model::ConnectionReport& connection);

    // The names and counts of the first so many, most connections first.
    using Row = std::pair<std::string, uint64_t>;
    std::vector<Row> top(size_t count) const;

  private:
    By by_;
    std::unordered_map<std::string, uint64_t> counts_;
};

}  // namespace turnout::cli
