#include "api/routes.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>

#include "api/query.hpp"
#include "api/values.hpp"
#include "base/number.hpp"
#include "model/names.hpp"

namespace turnout::api {
namespace {

using Json = nlohmann::json;
using model::OwnControl;

struct Request {
    OwnControl& control;
    std::string_view method, target, body;
};

unsigned status_of(int code) {
    switch (code) {
        case EINVAL:
        case ERANGE:
            return 400;
        case EPERM:
            return 403;
        case ENOENT:
        case ESRCH:
            return 404;
        case EOPNOTSUPP:
            return 405;
        case EMSGSIZE:
            return 413;
        case ENOSYS:
            return 501;
        case ENOSPC:
            return 507;
        default:
            return 500;
    }
}

Answer only(const char* methods, const Request& request) {
    Answer answer = refusal({EOPNOTSUPP, std::string(request.target) + " takes " + methods +
                                             ", not " + std::string(request.method)});
    answer.allow = methods;
    return answer;
}

Result<Json> parse(std::string_view body) {
    Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
    if (json.is_discarded()) return fail(EINVAL, "the body is not JSON");
    return json;
}

template <class Value>
Json list_of(const std::vector<Value>& values) {
    Json list = Json::array();
    for (const Value& value : values) list.push_back(json_of(value));
    return list;
}

// One rule may stand for a list of one.
Result<std::vector<model::MarkRule>> rules_in(std::string_view body) {
    auto json = parse(body);
    if (!json) return std::unexpected(json.error());
    return mark_rules_from(json->is_array() ? *json : Json::array({*json}));
}

Answer add_marks(const Request& request) {
    auto rules = rules_in(request.body);
    if (!rules) return refusal(rules.error());
    const auto added = request.control.add_mark_rules(*std::move(rules));
    if (!added) return refusal(added.error());
    return {201, list_of(*added), {}};
}

Answer marks(const Request& request) {
    if (request.method == "GET") return {200, list_of(request.control.mark_rules()), {}};
    if (request.method == "POST") return add_marks(request);
    return only("GET, POST", request);
}

Answer mark(const Request& request, std::string_view name) {
    if (request.method != "DELETE") return only("DELETE", request);
    const auto number = number_of<uint32_t>(name);
    if (!number)
        return refusal({EINVAL, '"' + std::string(name) + "\" is no number of a mark rule"});
    if (const auto done = request.control.remove_mark_rule(*number); !done)
        return refusal(done.error());
    return {204, nullptr, {}};
}

Answer settings(const Request& request) {
    if (request.method != "GET") return only("GET", request);
    return {200, list_of(request.control.settings()), {}};
}

Result<int64_t> value_in(std::string_view body) {
    const auto json = parse(body);
    if (!json) return std::unexpected(json.error());
    if (!json->is_object() || json->size() != 1 || !json->contains("value") ||
        !(*json)["value"].is_number_integer())
        return fail(EINVAL, "a setting is given as {\"value\": 1}, a whole number");
    const Json& value = (*json)["value"];
    constexpr uint64_t most = std::numeric_limits<int64_t>::max();
    if (value.is_number_unsigned() && value.get<uint64_t>() > most)
        return fail(ERANGE, "no setting has a value as large as " + value.dump());
    return value.get<int64_t>();
}

Answer setting(const Request& request, const std::string& name) {
    if (request.method != "PUT") return only("PUT", request);
    const auto value = value_in(request.body);
    if (!value) return refusal(value.error());
    if (const auto done = request.control.set(name, *value); !done) return refusal(done.error());
    const auto all = request.control.settings();
    const auto now = std::ranges::find(all, name, &model::Setting::name);
    return {200, json_of(*now), {}};
}

Answer timeouts(const Request& request, const model::ServiceKey& service) {
    if (request.method == "PATCH") {
        const auto json = parse(request.body);
        if (!json) return refusal(json.error());
        const auto changes = timeouts_from(*json);
        if (!changes) return refusal(changes.error());
        if (auto done = request.control.set_service_timeouts(service, *changes); !done)
            return refusal(done.error());
    } else if (request.method != "GET") {
        return only("GET, PATCH", request);
    }
    const auto own = request.control.service_timeouts(service);
    if (!own) return refusal(own.error());
    return {200, *own, {}};
}

Result<bool> flag_in(std::string_view body) {
    const auto json = parse(body);
    if (!json) return std::unexpected(json.error());
    if (!json->is_object() || json->size() != 1 || !json->contains("value") ||
        !(*json)["value"].is_boolean())
        return fail(EINVAL, "it is given as {\"value\": true} or {\"value\": false}");
    return (*json)["value"].get<bool>();
}

Answer reset_idle(const Request& request, const model::ServiceKey& service) {
    if (request.method == "PUT") {
        const auto value = flag_in(request.body);
        if (!value) return refusal(value.error());
        if (auto done = request.control.set_resets_idle(service, *value); !done)
            return refusal(done.error());
    } else if (request.method != "GET") {
        return only("GET, PUT", request);
    }
    const auto resets = request.control.resets_idle(service);
    if (!resets) return refusal(resets.error());
    return {200, {{"value", *resets}}, {}};
}

// What a service has of its own: NAME/timeouts, NAME/reset_idle.
Answer of_service(const Request& request, std::string_view rest) {
    const size_t slash = std::min(rest.rfind('/'), rest.size());
    const std::string_view thing = rest.substr(slash);
    if (thing != "/timeouts" && thing != "/reset_idle")
        return refusal({ENOENT,
                        "of a service there are /v1/services/NAME/timeouts and "
                        "/v1/services/NAME/reset_idle"});
    const auto service = model::service_named(rest.substr(0, slash));
    if (!service) return refusal(service.error());
    return thing == "/timeouts" ? timeouts(request, *service) : reset_idle(request, *service);
}

Answer start_drain(const Request& request) {
    const auto json = parse(request.body);
    if (!json) return refusal(json.error());
    const auto order = drain_order_from(*json);
    if (!order) return refusal(order.error());
    const auto started = request.control.start_drain(order->servers, order->options);
    if (!started) return refusal(started.error());
    return {201, list_of(*started), {}};
}

Answer drains(const Request& request) {
    if (request.method == "GET") return {200, list_of(request.control.drains()), {}};
    if (request.method == "POST") return start_drain(request);
    return only("GET, POST", request);
}

// Of which server the drain is, in the query.
Answer cancel_drain(const Request& request, std::string_view query) {
    if (request.method != "DELETE") return only("DELETE", request);
    const auto words = words_of_query(query);
    if (!words) return refusal(words.error());
    Json json = Json::object();
    for (const auto& [name, value] : *words) json[name] = value;
    const auto order = drain_order_from(json);
    if (!order) return refusal(order.error());
    const auto cancelled = request.control.cancel_drain(order->servers);
    if (!cancelled) return refusal(cancelled.error());
    return {200, {{"cancelled", *cancelled}}, {}};
}

// How much of the connection table one request may look at, so that others are answered soon, and
// how many connections an answer holds at least, if there are more.
constexpr uint32_t most_parts = 64;
constexpr size_t enough = 1000;

struct ConnectionQuery {
    model::ConnectionFilter filter;
    uint32_t part = 0;
    bool names_some = false;  // or all, in so many words
};

Result<ConnectionQuery> connection_query(std::string_view text) {
    const auto words = words_of_query(text);
    if (!words) return std::unexpected(words.error());
    ConnectionQuery query;
    for (const auto& [name, value] : *words) {
        const bool is_part = name == "part";
        if (is_part) {
            const auto part = number_of<uint32_t>(value);
            if (!part) return fail(EINVAL, "part=" + value + " is no number");
            query.part = *part;
        } else if (!(name == "all" && value == "1")) {
            if (auto ok = query.filter.add(name, value); !ok) return std::unexpected(ok.error());
        }
        query.names_some = query.names_some || !is_part;
    }
    return query;
}

// The number of the next part, or that there is none.
Json next_part(uint32_t part, bool goes_on) {
    return goes_on ? Json(part) : Json(nullptr);
}

Answer list_connections(const OwnControl& control, const ConnectionQuery& query) {
    Json list = Json::array();
    bool goes_on = true;
    uint32_t part = query.part;
    for (uint32_t looked = 0; goes_on && looked < most_parts && list.size() < enough; ++looked)
        goes_on = control.connections(part++, [&](const model::ConnectionReport& connection) {
            if (query.filter.matches(connection)) list.push_back(json_of(connection));
        });
    return {200, {{"connections", std::move(list)}, {"next", next_part(part, goes_on)}}, {}};
}

Answer end_connections(OwnControl& control, const ConnectionQuery& query) {
    if (!query.names_some)
        return refusal({EINVAL, "which connections? Name some by a filter, or all by all=1"});
    uint64_t ended = 0;
    bool goes_on = true;
    uint32_t part = query.part;
    for (uint32_t looked = 0; goes_on && looked < most_parts; ++looked) {
        const auto of_part = control.end_connections(part++, query.filter);
        goes_on = of_part.has_value();
        ended += of_part.value_or(0);
    }
    return {200, {{"ended", ended}, {"next", next_part(part, goes_on)}}, {}};
}

Answer connections(const Request& request, std::string_view query_text) {
    const auto query = connection_query(query_text);
    if (!query) return refusal(query.error());
    if (request.method == "GET") return list_connections(request.control, *query);
    if (request.method == "DELETE") return end_connections(request.control, *query);
    return only("GET, DELETE", request);
}

// What follows `folder` in the target, if that is where it leads.
std::optional<std::string_view> below(std::string_view folder, std::string_view target) {
    if (!target.starts_with(folder)) return std::nullopt;
    return target.substr(folder.size());
}

}  // namespace

Answer refusal(const Error& error) {
    return {status_of(error.code), json_of(error), {}};
}

Answer respond(OwnControl& control, std::string_view method, std::string_view target,
               std::string_view body) {
    const Request request{control, method, target, body};
    if (target == "/v1/marks") return marks(request);
    if (const auto number = below("/v1/marks/", target)) return mark(request, *number);
    if (target == "/v1/settings") return settings(request);
    if (const auto name = below("/v1/settings/", target))
        return setting(request, std::string(*name));
    if (const auto rest = below("/v1/services/", target)) return of_service(request, *rest);
    if (target == "/v1/drains") return drains(request);
    if (const auto query = below("/v1/drains?", target)) return cancel_drain(request, *query);
    if (target == "/v1/connections") return connections(request, {});
    if (const auto query = below("/v1/connections?", target)) return connections(request, *query);
    return refusal({ENOENT, "nothing is at " + std::string(target) +
                                "; there are /v1/marks, /v1/settings, /v1/services/NAME/timeouts, "
                                "/v1/services/NAME/reset_idle, /v1/drains and /v1/connections"});
}

}  // namespace turnout::api
