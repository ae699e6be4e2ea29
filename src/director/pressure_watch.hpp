// What to tell of the table's pressure: its beginning and its end, once each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tables/rows.hpp"

namespace turnout::director {

class PressureWatch {
  public:
    // A sentence for each defence that has risen or fallen since the last look.
    std::vector<std::string> look(const tables::Rows& rows);

  private:
    uint32_t seen_ = 0;  // settings_flag
};

// What the data plane does now for want of room, in the words of `turnout status`.
std::vector<std::string> defences_up(const abi::Settings& settings);

}  // namespace turnout::director
