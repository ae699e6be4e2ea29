// Where a director's services are saved, and how `turnout down` finds that out.
//
// The name must be the same after a reboot, so it comes from the network namespace's name: the one
// that the machine starts with has default.json, others have netns/NAME.json.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace turnout {

// "" when the current network namespace has no name that outlives it.
std::string standard_state_path();
// What --state was given, as seen from any folder; "none" and "" stay as they are.
std::string absolute_state_path(const std::string& given);
// Neither "none" nor "".
bool is_state_file(const std::string& path);

// Remembers, until a reboot, where the director of the namespace with this cookie saves.
Status note_state_path(uint64_t cookie, const std::string& path);
// What was noted, else the standard path.
std::string noted_state_path(uint64_t cookie);
// Forgets the note.
void forget_state_path(uint64_t cookie);

}  // namespace turnout
