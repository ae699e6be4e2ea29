// A director without a data plane that has numbers and connections of every kind to tell of, made
// up from a seed: for comparing lists where no traffic would bring them about.
//
//   telling_director SEED [--large]   serves the current network namespace until SIGTERM;
//                                     --large: counters of more than 32 bits, too
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <cstring>
#include <random>

#include "base/netns.hpp"
#include "ipvs/server.hpp"
#include "ipvs/socket_path.hpp"
#include "support/full_control.hpp"

namespace turnout {
namespace {

using model::Address;

class Dice {
  public:
    explicit Dice(uint32_t seed) : engine_(seed) {}

    uint64_t below(uint64_t end) {
        return std::uniform_int_distribution<uint64_t>(0, end - 1)(engine_);
    }
    // As likely of any length: lists change their unit with it.
    uint64_t number(unsigned longest_bits) {
        const unsigned bits = static_cast<unsigned>(below(longest_bits + 1));
        return bits == 0 ? 0 : engine_() >> (64 - bits);
    }
    template <size_t count>
    const char* one_of(const char* const (&texts)[count]) {
        return texts[below(count)];
    }

  private:
    std::mt19937_64 engine_;
};

constexpr const char* ipv4[] = {"198.51.100.1", "10.1.0.11",     "255.255.255.254",
                                "1.2.3.4",      "203.0.113.200", "10.1.0.12"};
constexpr const char* ipv6[] = {"2001:db8::1", "fd00::ffff", "2001:db8:1:2:3:4:5:6", "::1",
                                "2001:db8:10::99"};
constexpr const char* states[] = {"ESTABLISHED", "SYN_RECV", "FIN_WAIT",
                                  "TIME_WAIT",   "CLOSE",    "NONE",
                                  "ASSURED",     "UDP",      "SHUTDOWN_ACK_SENT"};
constexpr model::Protocol protocols[] = {model::Protocol::tcp, model::Protocol::udp,
                                         model::Protocol::sctp, model::Protocol::none};

model::ConnectionReport connection(Dice& dice) {
    model::ConnectionReport made;
    const bool six = dice.below(3) == 0;
    const auto address = [&] {
        return *Address::parse(six ? dice.one_of(ipv6) : dice.one_of(ipv4));
    };
    const auto port = [&] {
        static constexpr uint16_t known[] = {0, 22, 53, 80, 443, 8080};
        const auto any = static_cast<uint16_t>(dice.below(65536));
        return dice.below(2) ? known[dice.below(std::size(known))] : any;
    };
    made.protocol = protocols[dice.below(std::size(protocols))];
    made.client = address();
    made.virtual_address = address();
    made.server = dice.below(5) == 0 ? *Address::parse(dice.one_of(ipv4)) : address();
    made.client_port = port();
    made.virtual_port = port();
    made.server_port = port();
    made.state = dice.one_of(states);
    made.expires_s = static_cast<uint32_t>(dice.number(25));
    if (dice.below(4) == 0) {
        made.engine = "sip";
        made.engine_data = "call-" + std::to_string(dice.number(40)) + "@198.51.100.1";
    }
    return made;
}

void make_up(test::FullControl& control, Dice dice, bool large) {
    const unsigned narrow = large ? 50 : 32;
    control.counters = {dice.number(narrow), dice.number(narrow), dice.number(narrow),
                        dice.number(60),     dice.number(60),     0};
    control.rates = {dice.number(narrow), dice.number(narrow), dice.number(narrow),
                     dice.number(narrow), dice.number(narrow)};
    control.active = static_cast<uint32_t>(dice.number(32));
    control.inactive = static_cast<uint32_t>(dice.number(32));
    control.persistent = static_cast<uint32_t>(dice.number(32));
    for (int i = 0; i < 60; ++i) control.connection_rows.push_back(connection(dice));
}

int serve(uint32_t seed, bool large) {
    const auto cookie = netns_cookie();
    if (!cookie) return 1;
    boost::asio::io_context io;
    test::FullControl control;
    make_up(control, Dice(seed), large);
    ipvs::Server server(io, control, ipvs::socket_path(*cookie));
    if (const auto started = server.start(); !started) {
        std::fprintf(stderr, "%s\n", started.error().message.c_str());
        return 1;
    }
    boost::asio::signal_set signals(io, SIGTERM, SIGINT);
    signals.async_wait([&](auto, int) { io.stop(); });
    std::puts("READY");
    std::fflush(stdout);
    io.run();
    return 0;
}

}  // namespace
}  // namespace turnout

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: telling_director SEED [--large]\n", stderr);
        return 2;
    }
    const bool large = argc > 2 && std::strcmp(argv[2], "--large") == 0;
    return turnout::serve(static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 10)), large);
}
