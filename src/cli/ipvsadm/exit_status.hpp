// What the exit status of ipvsadm tells; of mistakes in a command line, see Goodbye.
#pragma once

namespace turnout::ipvsadm {

inline constexpr int list_failed = 1;
inline constexpr int no_director = 2;
inline constexpr int refused = 255;

}  // namespace turnout::ipvsadm
