#include "cli/ipvsadm/connections.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/format.hpp"

namespace turnout::ipvsadm {
namespace {

// By hand, as all of a row: there may be millions of them.
struct Words {
    // protocol, three addresses with ports, state, seconds; engine and its data
    std::array<std::string_view, 11> word;
    size_t count = 0;
};

Words words_of(std::string_view line) {
    Words words;
    while (words.count < words.word.size()) {
        const size_t start = line.find_first_not_of(' ');
        if (start == std::string_view::npos) break;
        line.remove_prefix(start);
        const size_t end = std::min(line.find(' '), line.size());
        words.word[words.count++] = line.substr(0, end);
        line.remove_prefix(end);
    }
    return words;
}

std::optional<uint32_t> number(std::string_view text, int base) {
    uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

// "C6336407", or an IPv6 address
std::optional<model::Address> address(std::string_view text) {
    if (text.find(':') != std::string_view::npos) return model::Address::parse(text);
    const auto value = number(text, 16);
    if (!value) return std::nullopt;
    const auto byte = [&](int shift) { return static_cast<uint8_t>(*value >> shift); };
    return model::Address::ipv4(byte(24), byte(16), byte(8), byte(0));
}

model::Protocol protocol(std::string_view name) {
    for (const auto known : {model::Protocol::tcp, model::Protocol::udp, model::Protocol::sctp})
        if (name == to_string(known)) return known;
    return model::Protocol::none;
}

std::optional<std::string> endpoint(std::string_view address_word, std::string_view port_word,
                                    model::Protocol of, const Names& names) {
    const auto ip = address(address_word);
    const auto port = number(port_word, 16);
    if (!ip || !port || *port > UINT16_MAX) return std::nullopt;
    return names.endpoint(*ip, static_cast<uint16_t>(*port), of);
}

void append_left(std::string& text, std::string_view word, size_t width) {
    text += word;
    if (word.size() < width) text.append(width - word.size(), ' ');
    text += ' ';
}

std::string minutes_and_seconds(uint32_t seconds) {
    std::string text = std::to_string(seconds / 60);
    if (text.size() < 2) text.insert(0, 1, '0');
    return text + (seconds % 60 < 10 ? ":0" : ":") + std::to_string(seconds % 60);
}

void append_row(std::string& text, const Words& words, const Names& names, bool engines) {
    const auto& word = words.word;
    if (words.count < 9) return;
    const model::Protocol of = protocol(word[0]);
    const auto source = endpoint(word[1], word[2], of, names);
    const auto virtual_end = endpoint(word[3], word[4], of, names);
    const auto destination = endpoint(word[5], word[6], of, names);
    const auto seconds = number(word[8], 10);
    if (!source || !virtual_end || !destination || !seconds) return;

    append_left(text, word[0], 3);
    append_left(text, minutes_and_seconds(*seconds), 6);
    append_left(text, word[7], 11);
    append_left(text, *source, 18);
    append_left(text, *virtual_end, 18);
    if (engines && words.count == word.size()) {
        append_left(text, *destination, 16);
        append_left(text, word[9], 18);
        text += word[10];
    } else {
        text += *destination;
    }
    text += '\n';
}

}  // namespace

std::string connections_title(bool engines) {
    const std::string first = "IPVS connection entries\n";
    if (engines)
        return first + format("pro expire %-11s %-18s %-18s %-18s %-16s %s\n", "state", "source",
                              "virtual", "destination", "pe name", "pe_data");
    return first +
           format("pro expire %-11s %-18s %-18s %s\n", "state", "source", "virtual", "destination");
}

std::string connection_lines(std::string_view lines, const Names& names, bool engines) {
    std::string text;
    text.reserve(lines.size() * 3 / 2);
    while (!lines.empty()) {
        const size_t end = std::min(lines.find('\n'), lines.size());
        append_row(text, words_of(lines.substr(0, end)), names, engines);
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return text;
}

}  // namespace turnout::ipvsadm
