#include "cli/connection_row.hpp"

#include <nlohmann/json.hpp>
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

// `begin`: up to the value's quote, as in `{"client":"`.
void append_member(std::string& text, std::string_view begin, std::string_view value) {
    text += begin;
    text += value;
}

void append_member(std::string& text, std::string_view begin, const model::Address& address,
                   uint16_t port) {
    text += begin;
    append_to(text, address, port);
}

// Texts of a persistence engine quote what a client sent, which need not be UTF-8.
std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

const char* flags_of(const model::ConnectionReport& c) {
    if (c.assured) return c.retired ? R"(["assured","retired"])" : R"(["assured"])";
    return c.retired ? R"(["retired"])" : "[]";
}

}  // namespace

void append_json(std::string& text, const model::ConnectionReport& c) {
    append_member(text, R"({"client":")", c.client, c.client_port);
    if (!c.engine.empty()) {
        append_member(text, R"(","engine":")", c.engine);
        append_member(text, R"(","engine_data":)", quoted(c.engine_data));
        append_member(text, R"(,"expires_s":)", std::to_string(c.expires_s));
    } else {
        append_member(text, R"(","expires_s":)", std::to_string(c.expires_s));
    }
    append_member(text, R"(,"flags":)", flags_of(c));
    append_member(text, R"(,"kind":")", c.is_template ? "template" : "connection");
    if (!c.is_template) append_member(text, R"(","method":")", name_of(c.method));
    append_member(text, R"(","protocol":")", name_of(c.protocol));
    append_member(text, R"(","server":")", c.server, c.server_port);
    append_member(text, R"(","service":")", name_of(c.service));
    append_member(text, R"(","state":")", c.state);
    append_member(text, R"(","virtual":")", c.virtual_address, c.virtual_port);
    text += "\"}";
}

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
