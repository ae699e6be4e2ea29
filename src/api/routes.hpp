// The API as a function: what a request does to a director, and what is answered.
//
//     GET    /v1/marks               the rules that mark packets, in order
//     POST   /v1/marks               adds a rule or a list of them, all or none
//     DELETE /v1/marks/N
//     GET    /v1/settings
//     PUT    /v1/settings/NAME       {"value": 1}
//     GET    /v1/services/NAME/timeouts
//     PATCH  /v1/services/NAME/timeouts    {"established": 7200}
//     GET    /v1/services/NAME/reset_idle
//     PUT    /v1/services/NAME/reset_idle  {"value": true}
//     GET    /v1/drains              the servers that are being drained
//     POST   /v1/drains              {"server": "192.0.2.1:80", "deadline_s": 600}
//     DELETE /v1/drains?server=192.0.2.1:80
//     GET    /v1/connections?FILTER  a part of the table, and which is the next
//     DELETE /v1/connections?FILTER  the same, ended
//
// docs/user/api.md is its reference.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/own_control.hpp"

namespace turnout::api {

struct Answer {
    unsigned status = 200;  // of HTTP
    nlohmann::json body;    // null: the answer has none
    std::string allow;      // with status 405: the methods there are
};

Answer respond(model::OwnControl& control, std::string_view method, std::string_view target,
               std::string_view body);

// The error as an answer, with the status that fits its code.
Answer refusal(const Error& error);

}  // namespace turnout::api
