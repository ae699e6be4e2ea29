// Which connections are meant, by whoever lists, counts or ends them.
//
// The words of a filter are the same on command lines and in the API:
//     client=203.0.113.0/24   server=10.1.0.11:8080   service=tcp:198.51.100.1:80
//     protocol=tcp   state=ESTABLISHED   kind=connection or kind=template
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/names.hpp"
#include "model/report.hpp"

namespace turnout::model {

struct ConnectionFilter {
    std::optional<EndpointName> client, server;
    std::optional<ServiceKey> service;
    std::optional<Protocol> protocol;
    std::optional<std::string> state;
    std::optional<bool> is_template;

    // Adds one word; EINVAL tells what is wrong with it.
    Status add(std::string_view name, std::string_view value);

    bool matches(const ConnectionReport& connection) const;
};

}  // namespace turnout::model
