#include "cli/connection_row.hpp"

#include <string_view>

#include "model/names.hpp"

namespace turnout::cli {
namespace {

// Fills a column up, from where it began; one that is too long pushes the next.
void pad(std::string& text, size_t begin, size_t width) {
    const size_t used = text.size() - begin;
    text.append(used < width ? width - used : 0, ' ');
    text += ' ';
}

void append(std::string& text, std::string_view word, size_t width) {
    const size_t begin = text.size();
    text += word;
    pad(text, begin, width);
}

void append(std::string& text, const model::Address& address, uint16_t port) {
    const size_t begin = text.size();
    append_to(text, address, port);
    pad(text, begin, 21);
}

void append_time(std::string& text, uint32_t seconds) {
    const size_t begin = text.size();
    text += std::to_string(seconds / 60);
    text += seconds % 60 < 10 ? ":0" : ":";
    text += std::to_string(seconds % 60);
    pad(text, begin, 7);
}

}  // namespace

void append_row(std::string& text, const model::ConnectionReport& c) {
    append(text, name_of(c.protocol), 5);
    append_time(text, c.expires_s);
    append(text, c.state, 11);
    append(text, c.is_template ? "-" : name_of(c.method), 6);
    append(text, c.client, c.client_port);
    append(text, c.virtual_address, c.virtual_port);
    append(text, c.server, c.server_port);
    if (c.is_template) text += "template ";
    if (c.assured) text += "assured ";
    if (c.retired) text += "retired ";
    if (!c.engine.empty()) text += c.engine + ':' + c.engine_data;
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
}

}  // namespace turnout::cli
