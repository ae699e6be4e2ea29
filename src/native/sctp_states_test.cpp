// Every entry of SCTP's three tables, as IPVS prints them; path/states/sctp.hpp tells the changes.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "path/states/sctp.hpp"

namespace turnout {
namespace {

const std::map<std::string, uint8_t> events = {
    {"data", 0},     {"init", 1},  {"init_ack", 2},     {"abort", 6},       {"shutdown", 7},
    {"shut_ack", 8}, {"error", 9}, {"cookie_echo", 10}, {"cookie_ack", 11}, {"shut_complete", 14},
};

constexpr const char* input =
    "              NO I1 IN CS CR CW CO CE ES SS SR SA RJ CL\n"
    "data          ES I1 IN CS CR CW CO CE ES SS SR SA RJ CL\n"
    "init          I1 IN IN CS CR CW CO CE ES SS SR SA IN IN\n"
    "init_ack      CW CW CW CS CR CO CO CE ES SS SR SA RJ CL\n"
    "cookie_echo   CR IN IN CR CR CW CO CE ES SS SR SA RJ CL\n"
    "cookie_ack    ES I1 IN CS CR CW CO ES ES SS SR SA RJ CL\n"
    "shutdown      SR I1 IN CS CR CW CO CE SR SS SR SA RJ CL\n"
    "shut_ack      CL IN IN CS CR CW CO CE ES CL SR CL RJ CL\n"
    "shut_complete CL CL CL CS CR CW CO CE ES SS SR CL RJ CL\n"
    "error         CL I1 IN CS CR CW CO CL ES SS SR SA RJ CL\n"
    "abort         CL CL CL CL CL RJ CL CL CL CL CL CL CL CL\n";

constexpr const char* output =
    "              NO I1 IN CS CR CW CO CE ES SS SR SA RJ CL\n"
    "data          ES I1 IN CS CR CW CO CE ES SS SR SA RJ CL\n"
    "init          CW CW CW CW CW CW CW CW ES CW CW CW CW CW\n"
    "init_ack      CS CS CS CS CR CW CO CE ES SS SR SA RJ CL\n"
    "cookie_echo   CE CE CE CE CE CE CE CE ES SS SR SA RJ CL\n"
    "cookie_ack    ES ES ES ES ES ES ES ES ES SS SR SA RJ CL\n"
    "shutdown      SS SS SS SS SS SS SS SS SS SS SR SA RJ CL\n"
    "shut_ack      SA SA SA SA SA CW CO CE ES SA SA SA RJ CL\n"
    "shut_complete CL I1 IN CS CR CW CO CE ES SS SR SA RJ CL\n"
    "error         CL CL CL CL CL CW CO CE ES SS SR SA RJ CL\n"
    "abort         CL RJ CL CL CL CL CL CL CL CL CL CL CL CL\n";

constexpr const char* input_only =
    "              NO I1 IN CS CR CW CO CE ES SS SR SA RJ CL\n"
    "data          ES I1 IN CS CR ES CO CE ES SS SR SA RJ CL\n"
    "init          I1 IN IN IN IN IN CO CE ES SS SR SA IN IN\n"
    "init_ack      CE CE CE CE CE CE CO CE ES SS SR SA RJ CL\n"
    "cookie_echo   ES ES ES ES ES ES CO CE ES SS SR SA RJ CL\n"
    "cookie_ack    ES I1 IN ES ES CW ES ES ES SS SR SA RJ CL\n"
    "shutdown      SR I1 IN CS CR CW CO CE SR SS SR SA RJ CL\n"
    "shut_ack      CL IN IN CS CR CW CO CE CL CL SR CL RJ CL\n"
    "shut_complete CL CL CL CL CL CW CO CE ES SS CL CL RJ CL\n"
    "error         CL I1 IN CS CR CW CO CE ES SS SR SA RJ CL\n"
    "abort         CL CL CL CL CL RJ CL CL CL CL CL CL CL CL\n";

const std::map<std::string, abi::State> states = {
    {"NO", abi::State::none},
    {"I1", abi::State::sctp_init1},
    {"IN", abi::State::sctp_init},
    {"CS", abi::State::sctp_cookie_sent},
    {"CR", abi::State::sctp_cookie_replied},
    {"CW", abi::State::sctp_cookie_wait},
    {"CO", abi::State::sctp_cookie},
    {"CE", abi::State::sctp_cookie_echoed},
    {"ES", abi::State::sctp_established},
    {"SS", abi::State::sctp_shutdown_sent},
    {"SR", abi::State::sctp_shutdown_received},
    {"SA", abi::State::sctp_shutdown_ack_sent},
    {"RJ", abi::State::sctp_rejected},
    {"CL", abi::State::sctp_closed},
};

std::vector<std::string> words(std::istream& lines) {
    std::string line, word;
    std::getline(lines, line);
    std::istringstream text(line);
    std::vector<std::string> found;
    while (text >> word) found.push_back(word);
    return found;
}

void expect(const char* table, Direction direction, bool only_requests) {
    std::istringstream lines(table);
    const std::vector<std::string> from = words(lines);
    ASSERT_EQ(from.size(), states.size());
    size_t rows = 0;
    for (auto row = words(lines); !row.empty(); row = words(lines), ++rows)
        for (size_t i = 0; i < from.size(); ++i) {
            const uint8_t chunk = events.at(row[0]);
            EXPECT_EQ(sctp_table::next(states.at(from[i]), chunk, direction, only_requests),
                      states.at(row[i + 1]))
                << row[0] << " in " << from[i];
        }
    EXPECT_EQ(rows, events.size());
}

TEST(SctpStates, of_packets_from_the_client) {
    expect(input, Direction::request, false);
}

TEST(SctpStates, of_packets_from_the_server) {
    expect(output, Direction::reply, false);
}

TEST(SctpStates, of_packets_from_the_client_when_the_server_is_not_seen) {
    expect(input_only, Direction::request, true);
}

TEST(SctpStates, other_chunks_count_as_data) {
    for (int chunk = 0; chunk < 256; ++chunk) {
        bool known = false;
        for (const auto& [name, type] : events) known |= type == chunk;
        if (known) continue;
        for (const auto& [name, state] : states)
            for (const Direction direction : {Direction::request, Direction::reply})
                for (const bool only : {false, true})
                    EXPECT_EQ(sctp_table::next(state, static_cast<uint8_t>(chunk), direction, only),
                              sctp_table::next(state, 0, direction, only));
    }
}

}  // namespace
}  // namespace turnout
