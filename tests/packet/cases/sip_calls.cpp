// Persistence by SIP call: the complete lane reads the Call-ID, the fast lane leaves it to that
// one.
#include "packet/cases/common.hpp"

namespace turnout::test {
namespace {

constexpr uint16_t sip_port = 5060;

std::string invitation(const std::string& headers) {
    return "INVITE sip:bob@example.com SIP/2.0\r\n" + headers + "\r\n";
}

Step invites(uint16_t from, const std::string& call, uint8_t number) {
    const std::string text = invitation("Via: x\r\nCall-ID: " + call + "\r\n");
    return {frame(request(), Udp{from, sip_port}, text), Verdict::transmit,
            frame(Ip{client, server(number), 63}, Udp{from, sip_port}, text, towards_server),
            Verdict::pass};
}

Step refused(const std::string& headers) {
    return {frame(request(), Udp{client_port, sip_port}, invitation(headers)),
            Verdict::drop,
            {},
            Verdict::pass};
}

}  // namespace

std::vector<Case> sip_calls() {
    model::Service calls = persistent(key(Protocol::udp, sip_port));
    calls.persistence_engine = "sip";
    const auto farm = with_nat_servers(calls, {1, 2}, sip_port);
    return {
        {.name = "a SIP call stays with its server, whatever port it comes from",
         .changes = farm,
         .steps = {invites(5060, "a84b4c76@pc33", 2), invites(5062, "a84b4c76@pc33", 2),
                   invites(5064, "b000@pc33", 1), invites(5066, "a84b4c76@pc33", 2)},
         .records = 4 + 2},
        {.name = "a SIP packet without a call is refused",
         .changes = farm,
         .steps = {refused("To: bob\r\n")},
         .drop = abi::Drop::no_call,
         .records = 0},
        {.name = "and so is one whose Call-ID has no end",
         .changes = farm,
         .steps = {refused("Call-ID: " + std::string(256, 'x') + "\r\n")},
         .drop = abi::Drop::no_call,
         .records = 0},
    };
}

}  // namespace turnout::test
