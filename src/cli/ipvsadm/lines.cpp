#include "cli/ipvsadm/lines.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace turnout::ipvsadm {

std::optional<std::string_view> Lines::next() {
    size_t end = text_.find('\n', begin_);
    while (end == std::string::npos && read_more()) end = text_.find('\n', begin_);
    if (begin_ == text_.size()) return std::nullopt;
    const auto line = std::string_view(text_).substr(begin_, end - begin_);
    begin_ += std::min(line.size() + 1, text_.size() - begin_);
    return line;
}

bool Lines::read_more() {
    constexpr size_t step = 65536;
    text_.erase(0, begin_);
    begin_ = 0;
    const size_t had = text_.size();
    text_.resize(had + step);
    ssize_t got;
    do got = read(descriptor_, &text_[had], step);
    while (got < 0 && errno == EINTR);
    text_.resize(had + static_cast<size_t>(got > 0 ? got : 0));
    return got > 0;
}

}  // namespace turnout::ipvsadm
