// The API's JSON as values, and back: what the server and its clients share.
//
// What is read is taken strictly: an unknown field or a value of another type is an error (EINVAL)
// that names it, for a guess at a typing error marks the wrong packets.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "model/mark_rule.hpp"
#include "model/names.hpp"
#include "model/own_control.hpp"

namespace turnout::api {

using model::name_of;
using model::protocol_named;

// {"number": 1, "family": "ipv4", "protocol": "tcp", "from": "203.0.113.0/24", "to": "192.0.2.1",
//  "from_ports": "1024-65535", "ports": "80,443", "mark": 1}; what matches anything is left out.
nlohmann::json json_of(const model::MarkRule& rule);
// Without "family" it is that of the addresses.
Result<model::MarkRule> mark_rule_from(const nlohmann::json& json);
Result<std::vector<model::MarkRule>> mark_rules_from(const nlohmann::json& list);

// {"name": …, "value": 0, "default": 0, "least": 0, "greatest": 1, "meaning": …}
nlohmann::json json_of(const model::Setting& setting);
Result<std::vector<model::Setting>> settings_from(const nlohmann::json& list);

// {"established": 7200}, seconds by state.
Result<model::StateTimeouts> timeouts_from(const nlohmann::json& json);

// {"error": {"code": "ENOENT", "message": …}}
nlohmann::json json_of(const Error& error);
Error error_from(const nlohmann::json& json);

}  // namespace turnout::api
