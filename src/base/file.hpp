// A file that is replaced as a whole: a reader, or whoever comes after a loss of power, finds what
// it was or what it is, never a part.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.hpp"

namespace turnout {

// Nothing when there is no such file.
Result<std::optional<std::string>> read_file(const std::string& path);

// When this returns success, the text is on the disk under that name; on error the file is what it
// was.  Makes the folder.  `mode`: who may read the file; its owner alone.
Status replace_file(const std::string& path, const std::string& text, mode_t mode = 0600);

}  // namespace turnout
