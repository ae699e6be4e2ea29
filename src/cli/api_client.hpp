// Asks the director of this network namespace by its API: what `turnout mark`, `set` and others
// stand on.
//
// Blocking, one request at a time, each with a time limit.  An error carries the director's errno
// value and its words.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/query.hpp"
#include "api/values.hpp"
#include "base/result.hpp"
#include "model/mark_rule.hpp"
#include "model/own_control.hpp"

namespace turnout::cli {

class ApiClient {
  public:
    // The director that listens at `path`.  It answers in milliseconds; half a minute means that it
    // hangs.
    explicit ApiClient(std::string path,
                       std::chrono::milliseconds patience = std::chrono::seconds(30))
        : path_(std::move(path)), patience_(patience) {}
    // That of the network namespace which this process is in.
    static Result<ApiClient> here();

    Result<std::vector<model::MarkRule>> mark_rules() const;
    // All or none; gives them as the director has them, with their numbers.
    Result<std::vector<model::MarkRule>> add(const std::vector<model::MarkRule>& rules) const;
    Status remove_mark_rule(uint32_t number) const;
    Result<std::vector<model::Setting>> settings() const;
    Status set(const std::string& name, int64_t value) const;
    // See model::OwnControl.
    Result<model::StateTimeouts> service_timeouts(const model::ServiceKey& service) const;
    Status set_service_timeouts(const model::ServiceKey& service,
                                const model::StateTimeouts& changes) const;
    Result<bool> resets_idle(const model::ServiceKey& service) const;
    Status set_resets_idle(const model::ServiceKey& service, bool resets) const;

    // See model::OwnControl.
    Result<std::vector<model::DrainReport>> drains() const;
    Result<std::vector<model::DrainReport>> start_drain(const api::DrainOrder& order) const;
    Result<uint32_t> cancel_drain(const model::ServerChoice& servers) const;

    // Ends the connections that the words of a filter name (model/connection_filter.hpp), or all by
    // {"all", "1"}; gives how many.
    Result<uint64_t> end_connections(const api::QueryWords& words) const;

    // The body of the answer; null when it has none.
    Result<nlohmann::json> ask(const char* method, const std::string& target,
                               const nlohmann::json& body = nullptr) const;

  private:
    std::string path_;
    std::chrono::milliseconds patience_;
};

}  // namespace turnout::cli
