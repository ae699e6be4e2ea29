// What is saved, as JSON: for people to read, and for a later director to take as it stands.
//
//   {"format": 1,
//    "timeouts": {"tcp": 900, "tcp_fin": 120, "udp": 300},                     seconds
//    "settings": {"pmtu_disc": 0},
//    "mark_rules": [{"number": 1, "protocol": "tcp", "ports": "80,443", "mark": 7, …}],  as in the
//    API "services": [{"protocol": "tcp", "address": "198.51.100.1", "port": 80,
//                  "scheduler": "wlc", "flags": 1, "persistence_timeout": 300,
//                  "netmask": "255.255.255.255",                               IPv6: 128
//                  "servers": [{"address": "10.1.0.11", "port": 8080, "method": "nat", "weight": 1,
//                               "upper_threshold": 0, "lower_threshold": 0}, …]},
//                 {"mark": 7, "family": "ipv4", …}],
//    "sync_daemons": [{"role": "master", "interface": "eth0", "sync_id": 0, "longest_message":
//    1472,
//                      "group": "224.0.0.81", "port": 8848, "ttl": 1}]}        if there are any
//
// Servers stand in list order.  A tunnel's server has "tunnel": {"type": "gue", "port": 6080,
// "flags": 1}, a service "engine": "sip" and "timeouts": {"established": 60} where they depart from
// the standard.  `flags` of a service are service_flag bits.
#pragma once

#include <nlohmann/json.hpp>

#include "config/saved.hpp"

namespace turnout::config {

nlohmann::json json_of(const Saved& saved);
// EINVAL, with a message that says which member is wrong.
Result<Saved> saved_from(const nlohmann::json& json);

}  // namespace turnout::config
