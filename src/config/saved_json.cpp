#include "config/saved_json.hpp"

#include <cerrno>

#include "api/values.hpp"
#include "config/fields.hpp"

namespace turnout::config {
namespace {

using model::Address, model::Family, model::Method, model::Server, model::Service;
using model::ServiceKey, model::SyncDaemon, model::SyncRole, model::TunnelType;

constexpr uint32_t format = 1;

template <class Value>
struct Name {
    Value value;
    const char* name;
};
constexpr Name<Method> methods[] = {
    {Method::nat, "nat"}, {Method::tunnel, "tunnel"}, {Method::direct, "direct"}};
constexpr Name<TunnelType> tunnel_types[] = {
    {TunnelType::ipip, "ipip"}, {TunnelType::gue, "gue"}, {TunnelType::gre, "gre"}};
constexpr Name<SyncRole> roles[] = {{SyncRole::master, "master"}, {SyncRole::backup, "backup"}};
constexpr Name<Family> families[] = {{Family::ipv4, "ipv4"}, {Family::ipv6, "ipv6"}};

template <class Names, class Value>
const char* name_of(const Names& names, Value value) {
    for (const auto& each : names)
        if (each.value == value) return each.name;
    return "";
}

template <class Value, size_t count>
auto named(const Name<Value> (&names)[count]) {
    return [&names](const std::string& text) -> std::optional<Value> {
        for (const auto& each : names)
            if (text == each.name) return each.value;
        return std::nullopt;
    };
}

// An IPv4 mask is a number in the model, in which the first part of the address counts most.
std::string text_of_mask(uint32_t mask) {
    const auto byte = [mask](int shift) { return static_cast<uint8_t>(mask >> shift); };
    return Address::ipv4(byte(24), byte(16), byte(8), byte(0)).to_string();
}

std::optional<uint32_t> mask_of(const std::string& text) {
    const auto address = Address::parse(text);
    if (!address || address->family != Family::ipv4) return std::nullopt;
    uint32_t mask = 0;
    for (int i = 0; i < 4; ++i) mask = mask << 8 | address->bytes[static_cast<size_t>(i)];
    return mask;
}

Json json_of(const Server& server) {
    Json json{
        {"address", server.key.address.to_string()}, {"port", server.key.port},
        {"method", name_of(methods, server.method)}, {"weight", server.weight},
        {"upper_threshold", server.upper_threshold}, {"lower_threshold", server.lower_threshold}};
    if (server.tunnel != model::Tunnel{})
        json["tunnel"] = {{"type", name_of(tunnel_types, server.tunnel.type)},
                          {"port", server.tunnel.port},
                          {"flags", server.tunnel.flags}};
    if (server.drain)
        json["drain"] = {{"then_remove", server.drain->then_remove},
                         {"udp_idle", server.drain->udp_idle_s}};
    return json;
}

Json json_of(const Service& service) {
    Json json{{"scheduler", service.scheduler},
              {"flags", service.flags},
              {"persistence_timeout", service.persistence_timeout_s},
              {"servers", Json::array()}};
    if (service.key.mark) {
        json["mark"] = service.key.mark;
        json["family"] = name_of(families, service.key.address.family);
    } else {
        json["protocol"] = api::name_of(service.key.protocol);
        json["address"] = service.key.address.to_string();
        json["port"] = service.key.port;
    }
    if (service.key.address.family == Family::ipv4)
        json["netmask"] = text_of_mask(service.netmask);
    else
        json["netmask"] = service.netmask;
    if (!service.persistence_engine.empty()) json["engine"] = service.persistence_engine;
    for (const Server& server : service.servers) json["servers"].push_back(json_of(server));
    return json;
}

Json json_of(const SyncDaemon& daemon) {
    return {{"role", name_of(roles, daemon.role)},
            {"interface", daemon.interface},
            {"sync_id", daemon.sync_id},
            {"longest_message", daemon.longest_message},
            {"group", daemon.group->to_string()},
            {"port", daemon.port},
            {"ttl", daemon.ttl}};
}

Status read_sync_daemon(const Json& json, std::string where, SyncDaemon& daemon) {
    Fields fields(json, std::move(where));
    fields.text("role", named(roles), daemon.role);
    fields.text("interface", daemon.interface);
    fields.number("sync_id", daemon.sync_id);
    fields.number("longest_message", daemon.longest_message);
    fields.text("group", Address::parse, daemon.group);
    fields.number("port", daemon.port);
    fields.number("ttl", daemon.ttl);
    return fields.finish();
}

Status read_tunnel(const Json& json, std::string where, model::Tunnel& tunnel) {
    Fields fields(json, std::move(where));
    fields.text("type", named(tunnel_types), tunnel.type);
    fields.number("port", tunnel.port);
    fields.number("flags", tunnel.flags);
    return fields.finish();
}

Status read_drain(const Json& json, std::string where, model::Drain& drain) {
    Fields fields(json, std::move(where));
    fields.flag("then_remove", drain.then_remove);
    fields.number("udp_idle", drain.udp_idle_s);
    return fields.finish();
}

Status read_server(const Json& json, std::string where, Server& server) {
    Fields fields(json, std::move(where));
    fields.text("address", Address::parse, server.key.address);
    fields.number("port", server.key.port);
    fields.text("method", named(methods), server.method);
    fields.number("weight", server.weight);
    fields.number("upper_threshold", server.upper_threshold);
    fields.number("lower_threshold", server.lower_threshold);
    if (fields.has("tunnel"))
        fields.object("tunnel", [&](const Json& member, std::string name) {
            return read_tunnel(member, std::move(name), server.tunnel);
        });
    if (fields.has("drain"))
        fields.object("drain", [&](const Json& member, std::string name) {
            return read_drain(member, std::move(name), server.drain.emplace());
        });
    return fields.finish();
}

void read_key(Fields& fields, ServiceKey& key) {
    if (fields.has("mark")) {
        fields.number("mark", key.mark);
        fields.text("family", named(families), key.address.family);
        return;
    }
    fields.text("protocol", api::protocol_named, key.protocol);
    fields.text("address", Address::parse, key.address);
    fields.number("port", key.port);
}

Status read_state_timeouts(const Json& json, std::string where, model::StateTimeouts& timeouts) {
    Fields fields(json, std::move(where));
    if (json.is_object())
        for (const auto& [name, value] : json.items()) fields.number(name.c_str(), timeouts[name]);
    return fields.finish();
}

Status read_service(const Json& json, std::string where, Saved& saved) {
    Service& service = saved.services.emplace_back();
    Fields fields(json, std::move(where));
    read_key(fields, service.key);
    fields.text("scheduler", service.scheduler);
    fields.number("flags", service.flags);
    fields.number("persistence_timeout", service.persistence_timeout_s);
    if (service.key.address.family == Family::ipv4)
        fields.text("netmask", mask_of, service.netmask);
    else
        fields.number("netmask", service.netmask);
    if (fields.has("engine")) fields.text("engine", service.persistence_engine);
    if (fields.has("timeouts"))
        fields.object("timeouts", [&](const Json& member, std::string name) {
            return read_state_timeouts(member, std::move(name),
                                       saved.service_timeouts[service.key]);
        });
    bool reset_idle = false;
    if (fields.has("reset_idle")) fields.flag("reset_idle", reset_idle);
    if (reset_idle) saved.reset_idle.insert(service.key);
    fields.list("servers", [&](const Json& member, std::string name) {
        return read_server(member, std::move(name), service.servers.emplace_back());
    });
    return fields.finish();
}

Status read_timeouts(const Json& json, std::string where, model::Timeouts& timeouts) {
    Fields fields(json, std::move(where));
    fields.number("tcp", timeouts.tcp_s);
    fields.number("tcp_fin", timeouts.tcp_fin_s);
    fields.number("udp", timeouts.udp_s);
    return fields.finish();
}

Status read_settings(const Json& json, std::string where, std::map<std::string, int64_t>& all) {
    Fields fields(json, std::move(where));
    if (json.is_object())
        for (const auto& [name, value] : json.items()) fields.number(name.c_str(), all[name]);
    return fields.finish();
}

Status read_mark_rules(const Json& json, const std::string& where,
                       std::vector<model::MarkRule>& rules) {
    auto read = api::mark_rules_from(json);
    if (!read) return fail(EINVAL, where + ": " + read.error().message);
    rules = std::move(*read);
    return {};
}

}  // namespace

Json json_of(const Saved& saved) {
    Json json{{"format", format},
              {"timeouts",
               {{"tcp", saved.timeouts.tcp_s},
                {"tcp_fin", saved.timeouts.tcp_fin_s},
                {"udp", saved.timeouts.udp_s}}},
              {"settings", saved.settings},
              {"mark_rules", Json::array()},
              {"services", Json::array()}};
    for (const model::MarkRule& rule : saved.mark_rules)
        json["mark_rules"].push_back(api::json_of(rule));
    for (const Service& service : saved.services) {
        json["services"].push_back(json_of(service));
        const auto own = saved.service_timeouts.find(service.key);
        if (own != saved.service_timeouts.end()) json["services"].back()["timeouts"] = own->second;
        if (saved.reset_idle.contains(service.key)) json["services"].back()["reset_idle"] = true;
    }
    for (const SyncDaemon& daemon : saved.sync_daemons)
        json["sync_daemons"].push_back(json_of(daemon));
    return json;
}

Result<Saved> saved_from(const Json& json) {
    Saved saved;
    uint32_t of_format = 0;
    Fields fields(json, "");
    fields.number("format", of_format);
    if (auto ok = fields.so_far(); !ok) return std::unexpected(ok.error());
    if (of_format != format)
        return fail(EINVAL, "it is of format " + std::to_string(of_format) +
                                ", and this version of Turnout knows format " +
                                std::to_string(format));
    fields.object("timeouts", [&](const Json& member, std::string name) {
        return read_timeouts(member, std::move(name), saved.timeouts);
    });
    fields.object("settings", [&](const Json& member, std::string name) {
        return read_settings(member, std::move(name), saved.settings);
    });
    fields.object("mark_rules", [&](const Json& member, const std::string& name) {
        return read_mark_rules(member, name, saved.mark_rules);
    });
    fields.list("services", [&](const Json& member, std::string name) {
        return read_service(member, std::move(name), saved);
    });
    if (fields.has("sync_daemons"))
        fields.list("sync_daemons", [&](const Json& member, std::string name) {
            return read_sync_daemon(member, std::move(name), saved.sync_daemons.emplace_back());
        });
    if (auto ok = fields.finish(); !ok) return std::unexpected(ok.error());
    return saved;
}

}  // namespace turnout::config
