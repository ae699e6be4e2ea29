// One-packet scheduling: every UDP packet is scheduled anew and leaves nothing behind.
#include "packet/cases/common.hpp"

namespace turnout::test {

std::vector<Case> one_packet() {
    const auto dns = key(Protocol::udp);
    const auto question = [](uint8_t number) {
        return Step{frame(request(), Udp{client_port, web_port}, "question"), Verdict::transmit,
                    frame(Ip{client, server(number), 63}, Udp{client_port, server_port}, "question",
                          towards_server)};
    };
    return {
        {.name = "with one-packet scheduling packets of one port go to different servers",
         .changes = with_nat_servers(plain(dns, model::service_flag::one_packet), {1, 2}),
         .steps = {question(2), question(1), question(2)},
         .records = 0},
        {.name = "without, they are one connection",
         .changes = with_nat_servers(plain(dns), {1, 2}),
         .steps = {question(2), question(2), question(2)},
         .records = 1},
        {.name = "what answers a single packet belongs to no connection",
         .changes = with_nat_servers(plain(dns, model::service_flag::one_packet), {1}),
         .steps = {question(1),
                   {frame(Ip{server(1), client}, Udp{server_port, client_port}, "answer",
                          from_server),
                    Verdict::pass}},
         .records = 0},
    };
}

}  // namespace turnout::test
