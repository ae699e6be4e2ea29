// Durations as people write them: "90", "90s", "15m", "2h", "1d".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace turnout::cli {

// Seconds; EINVAL tells how a duration is written.
Result<uint32_t> seconds_in(std::string_view text);

// In the largest unit that tells it exactly.
std::string duration_of(uint32_t seconds);

}  // namespace turnout::cli
