// The settings: IPVS's sysctls (net.ipv4.vs.*) by their names, meanings and defaults, and the
// timeout of each state.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/own_control.hpp"
#include "tables/rows.hpp"

namespace turnout::director {

// "timeout.established" is everybody's timeout of that state.
inline constexpr char timeout_prefix[] = "timeout.";

std::vector<model::Setting> list_settings(const tables::Rows& rows);

// Errors are those of model::OwnControl::set.
Status change_setting(const tables::Rows& rows, const std::string& name, int64_t value);

}  // namespace turnout::director
