#include "cli/ipvsadm/connections.hpp"

#include <charconv>
#include <optional>
#include <vector>

#include "cli/ipvsadm/format.hpp"

namespace turnout::ipvsadm {
namespace {

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    while (true) {
        const size_t start = line.find_first_not_of(" \n");
        if (start == std::string_view::npos) return words;
        line.remove_prefix(start);
        words.emplace_back(line.substr(0, line.find_first_of(" \n")));
        line.remove_prefix(words.back().size());
    }
}

std::optional<uint32_t> number(const std::string& text, int base) {
    uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

// "C6336407", or an IPv6 address
std::optional<model::Address> address(const std::string& text) {
    if (text.find(':') != std::string::npos) return model::Address::parse(text);
    const auto value = number(text, 16);
    if (!value) return std::nullopt;
    const auto byte = [&](int shift) { return static_cast<uint8_t>(*value >> shift); };
    return model::Address::ipv4(byte(24), byte(16), byte(8), byte(0));
}

model::Protocol protocol(const std::string& name) {
    for (const auto known : {model::Protocol::tcp, model::Protocol::udp, model::Protocol::sctp})
        if (name == to_string(known)) return known;
    return model::Protocol::none;
}

std::optional<std::string> endpoint(const std::string& address_word, const std::string& port_word,
                                    model::Protocol of, const Names& names) {
    const auto ip = address(address_word);
    const auto port = number(port_word, 16);
    if (!ip || !port || *port > UINT16_MAX) return std::nullopt;
    return names.endpoint(*ip, static_cast<uint16_t>(*port), of);
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

std::string connection_line(std::string_view line, const Names& names, bool engines) {
    // protocol, three addresses with ports, state, seconds; engine and its data
    const auto words = words_of(line);
    if (words.size() < 9) return {};
    const model::Protocol of = protocol(words[0]);
    const auto source = endpoint(words[1], words[2], of, names);
    const auto virtual_end = endpoint(words[3], words[4], of, names);
    const auto destination = endpoint(words[5], words[6], of, names);
    const auto seconds = number(words[8], 10);
    if (!source || !virtual_end || !destination || !seconds) return {};

    const std::string expire = format("%02u:%02u", *seconds / 60, *seconds % 60);
    const std::string row = format("%-3s %-6s %-11s %-18s %-18s ", words[0].c_str(), expire.c_str(),
                                   words[7].c_str(), source->c_str(), virtual_end->c_str());
    if (engines && words.size() >= 11)
        return row + format("%-16s %-18s %s\n", destination->c_str(), words[9].c_str(),
                            words[10].c_str());
    return row + *destination + "\n";
}

}  // namespace turnout::ipvsadm
