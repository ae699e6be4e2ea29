#include "api/query.hpp"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>

namespace turnout::api {
namespace {

std::optional<std::string> decoded(std::string_view text) {
    std::string plain;
    for (size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            plain += text[at];
            continue;
        }
        uint8_t byte = 0;
        const std::string_view digits = text.substr(at + 1, 2);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (error != std::errc{} || digits.size() != 2 || end != digits.data() + 2)
            return std::nullopt;
        plain += static_cast<char>(byte);
        at += 2;
    }
    return plain;
}

std::string encoded(std::string_view plain) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const char c : plain) {
        const auto byte = static_cast<uint8_t>(c);
        if (std::isalnum(byte) || std::string_view("-._~:").find(c) != std::string_view::npos) {
            text += c;
            continue;
        }
        text += '%';
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace

Result<QueryWords> words_of_query(std::string_view query) {
    QueryWords words;
    while (!query.empty()) {
        const std::string_view word = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(word.size() + 1, query.size()));
        const size_t equals = word.find('=');
        const auto name = decoded(word.substr(0, equals));
        const auto value =
            equals == std::string_view::npos ? std::nullopt : decoded(word.substr(equals + 1));
        if (!name || !value)
            return fail(EINVAL, '"' + std::string(word) + "\" in the query is not NAME=VALUE");
        words.emplace_back(*name, *value);
    }
    return words;
}

std::string query_of(const QueryWords& words) {
    std::string query;
    for (const auto& [name, value] : words)
        query += (query.empty() ? "" : "&") + encoded(name) + '=' + encoded(value);
    return query;
}

}  // namespace turnout::api
