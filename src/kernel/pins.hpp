// What the pins of a network namespace are called: one folder of tables, and the links of the fast
// lane.
//
//   v7/        the tables in force, of that version: whole, and configured
//   new/       tables that are being made; whoever finds them throws them away
//   from_v6/   tables of another version that v7 is taking over
//   xdp_3      the link on the interface with that number
#pragma once

#include <cstdint>
#include <string>

#include "abi/rows.hpp"
#include "base/result.hpp"

namespace turnout::kernel {

inline std::string tables_directory(const std::string& directory) {
    return directory + "/v" + std::to_string(abi::tables_version);
}
inline std::string aside(const std::string& directory) {
    return directory + "/new";
}
inline std::string link_pin(const std::string& directory, uint32_t interface) {
    return directory + "/xdp_" + std::to_string(interface);
}

// The tables that are there.
struct PinnedTables {
    bool own = false;   // tables_directory()
    std::string other;  // the folder of those in force that are of another version, or ""
    std::string left;   // the folder of those that are being taken over, or ""
};

PinnedTables find_tables(const std::string& directory);

// The same for the one daemon of the namespace: what an earlier one left is tidied up, if it was
// killed while it renamed.  An error when tables of another version are in the middle of taking
// over.
Result<PinnedTables> claim_tables(const std::string& directory);

// Gives the tables that were made aside their name, and those in force (`other`, or "") the name of
// those that are being taken over, which is returned.
Result<std::string> put_in_force(const std::string& directory, const std::string& other);

}  // namespace turnout::kernel
