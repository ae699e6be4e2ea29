#include "api/values.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>

namespace turnout::api {
namespace {

using Json = nlohmann::json;
using model::Family, model::MarkRule, model::Prefix, model::Protocol;

constexpr std::string_view rule_fields[] = {"number", "family",     "protocol", "from",
                                            "to",     "from_ports", "ports",    "mark"};

std::string in_quotes(std::string_view text) {
    return '"' + std::string(text) + '"';
}

Result<Protocol> parse_protocol(std::string_view text) {
    if (const auto protocol = protocol_named(text)) return *protocol;
    return fail(EINVAL, in_quotes(text) + " is no protocol with ports: tcp, udp or sctp");
}

Result<Family> parse_family(std::string_view text) {
    if (text == "ipv4") return Family::ipv4;
    if (text == "ipv6") return Family::ipv6;
    return fail(EINVAL, in_quotes(text) + " is no address family: ipv4 or ipv6");
}

// Reads field `name`, a text, by `parse` into `value`; a missing one leaves it as it is.
template <class Value, class Parse>
Status read_text(const Json& json, const char* name, Parse parse, Value& value) {
    const auto at = json.find(name);
    if (at == json.end() || at->is_null()) return {};
    if (!at->is_string()) return fail(EINVAL, in_quotes(name) + " is to be a text");
    auto parsed = parse(std::string_view(at->get_ref<const std::string&>()));
    if (!parsed) return fail(EINVAL, in_quotes(name) + ": " + parsed.error().message);
    value = *std::move(parsed);
    return {};
}

Status read_mark(const Json& json, uint32_t& mark) {
    const auto at = json.find("mark");
    if (at == json.end()) return fail(EINVAL, "\"mark\" is missing: the number that packets get");
    constexpr auto most = std::numeric_limits<uint32_t>::max();
    if (!at->is_number_unsigned() || at->get<uint64_t>() > most)
        return fail(EINVAL, "\"mark\" is to be a whole number from 1 to " + std::to_string(most));
    mark = at->get<uint32_t>();
    return {};
}

Status know_fields(const Json& json) {
    if (!json.is_object()) return fail(EINVAL, "a mark rule is an object like {\"mark\": 1}");
    for (const auto& [name, value] : json.items())
        if (std::ranges::find(rule_fields, name) == std::end(rule_fields))
            return fail(EINVAL, "a mark rule has no field " + in_quotes(name));
    return {};
}

Status read_number(const Json& json, uint32_t& number) {
    const auto at = json.find("number");
    if (at == json.end()) return {};
    if (!at->is_number_unsigned()) return fail(EINVAL, "\"number\" is to be a whole number");
    number = at->get<uint32_t>();
    return {};
}

Family family_of(const MarkRule& rule) {
    if (rule.from) return rule.from->address.family;
    return rule.to ? rule.to->address.family : Family::ipv4;
}

Status read_rule(const Json& json, MarkRule& rule) {
    if (auto ok = know_fields(json); !ok) return ok;
    if (auto ok = read_number(json, rule.number); !ok) return ok;
    if (auto ok = read_text(json, "protocol", parse_protocol, rule.protocol); !ok) return ok;
    if (auto ok = read_text(json, "from", Prefix::parse, rule.from); !ok) return ok;
    if (auto ok = read_text(json, "to", Prefix::parse, rule.to); !ok) return ok;
    if (auto ok = read_text(json, "from_ports", model::parse_ports, rule.from_ports); !ok)
        return ok;
    if (auto ok = read_text(json, "ports", model::parse_ports, rule.to_ports); !ok) return ok;
    rule.family = family_of(rule);
    if (auto ok = read_text(json, "family", parse_family, rule.family); !ok) return ok;
    return read_mark(json, rule.mark);
}

template <class Value, class Read>
Result<std::vector<Value>> list_from(const Json& list, Read read) {
    if (!list.is_array()) return fail(EINVAL, "a list is expected");
    std::vector<Value> values;
    for (const Json& json : list) {
        auto value = read(json);
        if (!value) return std::unexpected(value.error());
        values.push_back(*std::move(value));
    }
    return values;
}

Result<model::Setting> setting_from(const Json& json) {
    try {
        return model::Setting{json.at("name"),  json.at("value"),    json.at("default"),
                              json.at("least"), json.at("greatest"), json.at("meaning")};
    } catch (const Json::exception& wrong) {
        return fail(EINVAL, std::string("no setting: ") + wrong.what());
    }
}

std::string_view text_in(const Json& json) {
    return json.is_string() ? std::string_view(json.get_ref<const std::string&>())
                            : std::string_view();
}

Status read_service(const Json& json, model::ServerChoice& servers) {
    const auto service = model::service_named(text_in(json));
    if (!service) return std::unexpected(service.error());
    servers.service = *service;
    return {};
}

Status read_server(const Json& json, model::ServerChoice& servers) {
    const auto server = model::server_named(text_in(json));
    if (!server) return std::unexpected(server.error());
    servers.server = server->prefix.address;
    servers.port = server->port;
    return {};
}

Status read_then(const Json& json, model::DrainOptions& options) {
    if (json != "remove") return fail(EINVAL, "\"then\" is \"remove\", or not there");
    options.then_remove = true;
    return {};
}

// A year is as long as any deadline.
Status read_seconds(const std::string& name, const Json& json, std::optional<uint32_t>& seconds) {
    constexpr uint64_t most = 366 * 86400;
    if (!json.is_number_unsigned() || json.get<uint64_t>() > most)
        return fail(EINVAL, in_quotes(name) + " is a whole number of seconds, a year at most");
    seconds = json.get<uint32_t>();
    return {};
}

Status read_udp_idle(const Json& json, model::DrainOptions& options) {
    if (!json.is_number_unsigned() || json.get<uint64_t>() > 255)
        return fail(EINVAL, "\"udp_idle_s\" is a whole number of seconds from 0 to 255");
    options.udp_idle_s = json.get<uint8_t>();
    return {};
}

Result<model::DrainReport> drain_from(const Json& json) {
    try {
        model::DrainReport drain;
        const auto service = model::service_named(text_in(json.at("service")));
        const auto server = model::server_named(text_in(json.at("server")));
        if (!service || !server || !server->port) return fail(EPROTO, "no drain: " + json.dump());
        drain.service = *service;
        drain.server = {server->prefix.address, *server->port};
        drain.weight = json.at("weight");
        drain.is_over = json.at("state") == "drained";
        drain.then_remove = json.at("then") == "remove";
        if (!json.at("left_s").is_null()) drain.left_s = json.at("left_s").get<uint64_t>();
        for (const auto& [name, count] : json.at("connections").items())
            drain.connections[model::protocol_named(name).value_or(Protocol::none)] = count;
        drain.templates = json.at("templates");
        drain.is_last = json.at("last");
        return drain;
    } catch (const Json::exception& wrong) {
        return fail(EPROTO, std::string("no drain: ") + wrong.what());
    }
}

Json flags_of(const model::ConnectionReport& connection) {
    Json flags = Json::array();
    if (connection.assured) flags.push_back("assured");
    if (connection.retired) flags.push_back("retired");
    return flags;
}

// The errno value of a name like "ENOENT"; EPROTO for a name there is not.
int code_named(const std::string& name) {
    constexpr int most = 133;  // EHWPOISON
    for (int code = 1; code <= most; ++code)
        if (const char* known = strerrorname_np(code); known && name == known) return code;
    return EPROTO;
}

}  // namespace

Json json_of(const MarkRule& rule) {
    Json json{{"number", rule.number},
              {"family", rule.family == Family::ipv4 ? "ipv4" : "ipv6"},
              {"mark", rule.mark}};
    if (rule.protocol) json["protocol"] = name_of(*rule.protocol);
    if (rule.from) json["from"] = rule.from->to_string();
    if (rule.to) json["to"] = rule.to->to_string();
    if (!rule.from_ports.empty()) json["from_ports"] = to_string(rule.from_ports);
    if (!rule.to_ports.empty()) json["ports"] = to_string(rule.to_ports);
    return json;
}

Result<MarkRule> mark_rule_from(const Json& json) {
    MarkRule rule;
    if (auto ok = read_rule(json, rule); !ok) return std::unexpected(ok.error());
    return rule;
}

Result<std::vector<MarkRule>> mark_rules_from(const Json& list) {
    return list_from<MarkRule>(list, mark_rule_from);
}

Json json_of(const model::Setting& setting) {
    return {{"name", setting.name},   {"value", setting.value},       {"default", setting.standard},
            {"least", setting.least}, {"greatest", setting.greatest}, {"meaning", setting.meaning}};
}

Result<std::vector<model::Setting>> settings_from(const Json& list) {
    return list_from<model::Setting>(list, setting_from);
}

Result<model::StateTimeouts> timeouts_from(const Json& json) {
    if (!json.is_object())
        return fail(EINVAL, "timeouts are given as {\"established\": 7200}, in seconds");
    model::StateTimeouts timeouts;
    for (const auto& [state, seconds] : json.items()) {
        if (!seconds.is_number_unsigned())
            return fail(EINVAL, "the timeout of \"" + state + "\" is no whole number of seconds");
        if (seconds.get<uint64_t>() > model::longest_timeout_s)
            return fail(ERANGE, "a timeout is a year at most, not " + seconds.dump() + " seconds");
        timeouts[state] = seconds.get<uint32_t>();
    }
    return timeouts;
}

Json json_of(const model::ConnectionReport& connection) {
    Json json{{"protocol", name_of(connection.protocol)},
              {"client", to_string(connection.client, connection.client_port)},
              {"virtual", to_string(connection.virtual_address, connection.virtual_port)},
              {"server", to_string(connection.server, connection.server_port)},
              {"service", name_of(connection.service)},
              {"state", connection.state},
              {"expires_s", connection.expires_s},
              {"kind", connection.is_template ? "template" : "connection"},
              {"flags", flags_of(connection)}};
    if (!connection.is_template) json["method"] = name_of(connection.method);
    if (!connection.engine.empty()) {
        json["engine"] = connection.engine;
        json["engine_data"] = connection.engine_data;
    }
    return json;
}

Json json_of(const model::DrainReport& drain) {
    Json connections = Json::object();
    for (const auto& [protocol, count] : drain.connections) connections[name_of(protocol)] = count;
    return {{"service", name_of(drain.service)},
            {"server", to_string(drain.server.address, drain.server.port)},
            {"weight", drain.weight},
            {"state", drain.is_over ? "drained" : "draining"},
            {"then", drain.then_remove ? Json("remove") : Json(nullptr)},
            {"left_s", drain.left_s ? Json(*drain.left_s) : Json(nullptr)},
            {"connections", std::move(connections)},
            {"templates", drain.templates},
            {"last", drain.is_last}};
}

Result<std::vector<model::DrainReport>> drains_from(const Json& list) {
    return list_from<model::DrainReport>(list, drain_from);
}

Json json_of(const DrainOrder& order) {
    const auto& [servers, options] = order;
    Json json{{"server", servers.port ? to_string(servers.server, *servers.port)
                                      : servers.server.to_string()},
              {"udp_idle_s", options.udp_idle_s}};
    if (servers.service) json["service"] = name_of(*servers.service);
    if (options.deadline_s) json["deadline_s"] = *options.deadline_s;
    if (options.then_remove) json["then"] = "remove";
    return json;
}

Result<DrainOrder> drain_order_from(const Json& json) {
    DrainOrder order;
    auto& [servers, options] = order;
    if (!json.is_object() || !json.contains("server"))
        return fail(EINVAL, "a drain is an object like {\"server\": \"192.0.2.1:80\"}");
    for (const auto& [name, value] : json.items()) {
        const Status read = name == "service"      ? read_service(value, servers)
                            : name == "server"     ? read_server(value, servers)
                            : name == "then"       ? read_then(value, options)
                            : name == "deadline_s" ? read_seconds(name, value, options.deadline_s)
                            : name == "udp_idle_s"
                                ? read_udp_idle(value, options)
                                : fail(EINVAL, "a drain has no field " + in_quotes(name));
        if (!read) return std::unexpected(read.error());
    }
    return order;
}

Json json_of(const Error& error) {
    const char* name = strerrorname_np(error.code);
    return {{"error", {{"code", name ? name : "EIO"}, {"message", error.message}}}};
}

Error error_from(const Json& json) {
    try {
        const Json& error = json.at("error");
        return {code_named(error.at("code")), error.at("message")};
    } catch (const Json::exception&) {
        return {EPROTO, "the director's answer makes no sense"};
    }
}

}  // namespace turnout::api
