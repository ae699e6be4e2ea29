// Drains: a server gets nothing new, and keeps what it has.
#include "packet/cases/common.hpp"

namespace turnout::test {
namespace {

constexpr uint16_t names_port = 53;

Ip to(uint8_t number) {
    return {client, server(number), 63};
}

Step datagram_to(uint8_t number) {
    return {frame(request(), Udp{client_port, names_port}, "a question"), Verdict::transmit,
            frame(to(number), Udp{client_port, server_port}, "a question", towards_server)};
}

Step segment_to(uint8_t number) {
    return {ack(), Verdict::transmit,
            frame(to(number), Tcp{client_port, server_port, ACK}, "some data", towards_server)};
}

}  // namespace

std::vector<Case> drains() {
    const auto web = key(Protocol::tcp), names = key(Protocol::udp, names_port);
    return {
        {.name = "a drained server keeps its connections and gets no others",
         .changes = with_nat_servers(plain(web), {1, 2}),
         .steps = {Call{}.reaches(2), segment_to(2), Call{.from = client_port + 1}.reaches(1),
                   Call{.from = client_port + 2}.reaches(1)},
         .drained_later = 2},
        {.name = "no template leads to a drained server",
         .changes = with_nat_servers(persistent(web), {1, 2}),
         .steps = {Call{}.reaches(2), Call{.from = client_port + 1}.reaches(1), segment_to(2)},
         .drained_later = 2},
        {.name = "a UDP connection stays with a drained server while it is busy",
         .changes = with_nat_servers(plain(names), {1, 2}),
         .steps = {datagram_to(2), datagram_to(2)},
         .drained_later = 2},
        {.name = "and leaves it when it has paused",
         .changes = with_nat_servers(plain(names), {1, 2}),
         .steps = {datagram_to(2), datagram_to(1), datagram_to(1)},
         .drained_later = 2,
         .seconds_later = 2},
        {.name = "so does one of a persistent client",
         .changes = with_nat_servers(persistent(names), {1, 2}),
         .steps = {datagram_to(2), datagram_to(1)},
         .drained_later = 2,
         .seconds_later = 2},
        {.name = "a pause is none where nothing is drained",
         .changes = with_nat_servers(plain(names), {1, 2}),
         .steps = {datagram_to(2), datagram_to(2)},
         .seconds_later = 2},
    };
}

}  // namespace turnout::test
