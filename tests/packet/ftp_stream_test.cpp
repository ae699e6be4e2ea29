// FTP replies over a network that cuts them up, loses, repeats and reorders them: what the client
// gets is, byte for byte, what the server said, with the service's address in place of its own.
//
// A test's number is its seed; TURNOUT_SEED=N tries others, from N on.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <random>

#include "native/run.hpp"
#include "packet/packet.hpp"
#include "packet/world.hpp"

namespace turnout::test {
namespace {

using native::Lane;

constexpr uint16_t control = 21, client_port = 40000;
constexpr uint32_t first_client = 4294967000, first_server = 4294966000;  // both wrap

uint32_t number_at(const Bytes& frame, size_t at) {
    return static_cast<uint32_t>(frame[at] << 24 | frame[at + 1] << 16 | frame[at + 2] << 8 |
                                 frame[at + 3]);
}

class FtpStream : public testing::TestWithParam<uint32_t> {
  protected:
    FtpStream()
        : director_(
              tables_.rows, model::Limits{.services = 64, .servers = 256},
              [](const model::Address&) { return std::optional(director_address); },
              [] { return uint64_t{1000000000}; }) {
        std::memcpy(&world_.own_mac, director_mac.data(), sizeof world_.own_mac);
        model::Service service;
        service.key = {0, model::Protocol::tcp, vip, control};
        service.scheduler = "rr";
        EXPECT_TRUE(director_.apply(model::AddService{service}));
        model::Server real;
        real.key = {server(1), control};
        EXPECT_TRUE(director_.apply(model::AddServer{service.key, real}));
        from_client("", SYN, 0);
        from_server("", first_server - 1, SYN | ACK);
        from_client("", ACK, first_server);
    }

    // What leaves for the other side, if anything does.
    std::optional<Bytes> send(const Bytes& frame) {
        native::NativeEnv<Lane::complete> env(tables_, world_, frame);
        return native::run(env) == Verdict::transmit ? std::optional(env.frame()) : std::nullopt;
    }
    std::optional<Bytes> from_client(const std::string& text, uint8_t flags, uint32_t seen) {
        const auto sent = send(
            frame(Ip{client, vip}, Tcp{client_port, control, flags, next_client_, seen}, text));
        next_client_ += static_cast<uint32_t>(text.size()) + (flags & SYN ? 1 : 0);
        return sent;
    }
    std::optional<Bytes> from_server(const std::string& text, uint32_t number, uint8_t flags) {
        return send(frame(Ip{server(1), client},
                          Tcp{control, client_port, flags, number, next_client_}, text,
                          {director_mac, server_mac}));
    }

    native::MemoryTables tables_;
    native::World world_;
    director::Director director_;
    uint32_t next_client_ = first_client;
};

// The client's end: what has come, in order, and what waits behind a gap.
class Receiver {
  public:
    void take(const Bytes& frame) {
        EXPECT_EQ(checksum_fault(frame), "");
        const uint32_t offset = number_at(frame, 38) - first_server;
        const size_t payload = 34 + 4 * (frame[46] >> 4);
        for (size_t i = payload; i < frame.size(); ++i) {
            const auto [place, fresh] =
                byte_.emplace(offset + static_cast<uint32_t>(i - payload), frame[i]);
            EXPECT_EQ(place->second, frame[i]) << "the same byte has come as another";
        }
        while (byte_.contains(next_)) text_ += static_cast<char>(byte_[next_++]);
    }
    const std::string& text() const { return text_; }
    uint32_t acknowledgement() const { return first_server + next_; }

  private:
    std::map<uint32_t, uint8_t> byte_;
    std::string text_;
    uint32_t next_ = 0;
};

// Numbers by chance, the same for the same seed.
class Random {
  public:
    explicit Random(uint32_t seed) : engine_(seed) {}
    uint32_t below(uint32_t bound) { return static_cast<uint32_t>(engine_() % bound); }

  private:
    std::mt19937 engine_;
};

// What a server says, and what its client is to get.
struct Script {
    std::string said, heard;
};

Script script(Random& random) {
    static const std::pair<const char*, const char*> lines[] = {
        {"227 Entering Passive Mode (10,1,0,11,195,80).\r\n",
         "227 Entering Passive Mode (198,51,100,1,195,80).\r\n"},
        {"227-10,1,0,12 10,1,0,1 1 10,1,0,11,4,1\r\n",
         "227-10,1,0,12 10,1,0,1 1 198,51,100,1,4,1\r\n"},
        {"227 (198,51,100,1,10,1)\r\n", "227 (198,51,100,1,10,1)\r\n"},
        {"227 Not 10,1,0,1 but (10,1,0,12,10,1)\r\n", "227 Not 10,1,0,1 but (10,1,0,12,10,1)\r\n"},
        {"226 10,1,0,11,1,1 is no port here\r\n", "226 10,1,0,11,1,1 is no port here\r\n"},
    };
    Script made;
    for (int line = 0; line < 6; ++line) {
        const auto& [said, heard] = lines[random.below(std::size(lines))];
        made.said += said;
        made.heard += heard;
    }
    return made;
}

uint32_t seed(uint32_t number) {
    const char* first = std::getenv("TURNOUT_SEED");
    return number + (first ? static_cast<uint32_t>(std::strtoul(first, nullptr, 10)) : 0);
}

TEST_P(FtpStream, is_whole_whatever_the_network_does) {
    Random random(seed(GetParam()));
    const Script lines = script(random);
    for (int i = 0; i < 12; ++i) from_client("PASV\r\n", ACK, first_server);
    Receiver receiver;
    uint32_t acknowledged = 0;  // of what was said
    for (int round = 0; round < 20000 && receiver.text() != lines.heard; ++round) {
        // Anything from what is not acknowledged on, or what comes a little later.
        const auto rest = static_cast<uint32_t>(lines.said.size()) - acknowledged;
        const uint32_t begin = acknowledged + random.below(std::min(rest, 1 + random.below(40)));
        const std::string text = lines.said.substr(begin, 1 + random.below(60));
        const auto heard = from_server(text, first_server + begin, ACK);
        if (heard && random.below(4)) receiver.take(*heard);
        if (random.below(3)) continue;
        const auto told = from_client("", ACK, receiver.acknowledgement());
        ASSERT_TRUE(told);
        const uint32_t meant = number_at(*told, 42) - first_server;
        ASSERT_LE(meant, lines.said.size());
        acknowledged = std::max(acknowledged, meant);
        ASSERT_EQ(receiver.text(), lines.heard.substr(0, receiver.text().size()));
    }
    EXPECT_EQ(receiver.text(), lines.heard);
}

INSTANTIATE_TEST_SUITE_P(Seeds, FtpStream, testing::Range(0u, 100u));

}  // namespace
}  // namespace turnout::test
