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
