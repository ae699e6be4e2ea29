// Lines of a file or a pipe as they come, and whether the next one must be waited for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace turnout::ipvsadm {

class Lines {
  public:
    // `descriptor` outlives this object.
    explicit Lines(int descriptor) : descriptor_(descriptor) {}

    // Has a whole line been read already?
    bool at_hand() const { return text_.find('\n', begin_) != std::string::npos; }
    // Without its end; the last one may have none.  Nothing at the end, or when nothing can be
    // read.  It lives until the next call.
    std::optional<std::string_view> next();

  private:
    bool read_more();

    int descriptor_;
    std::string text_;
    size_t begin_ = 0;  // of what has not been given yet
};

}  // namespace turnout::ipvsadm
