// Replies of NAT servers whose address does not tell the service: by mark, on every port, shared.
#include "packet/cases/common.hpp"

namespace turnout::test {
namespace {

const model::Address other_vip = model::Address::ipv4(198, 51, 100, 2);

// What server 1 answers from `port` to the client, and as what it must reach it.
Step answer(uint16_t port, const model::Address& from, uint16_t from_port,
            uint16_t to = client_port) {
    return {frame(Ip{server(1), client}, Tcp{port, to, SYN | ACK}, "", from_server),
            Verdict::transmit,
            frame(Ip{from, client, 63}, Tcp{from_port, to, SYN | ACK}, "", towards_client)};
}
Step stray(uint16_t port, uint16_t to) {
    return {frame(Ip{server(1), client}, Tcp{port, to, SYN | ACK}, "", from_server), Verdict::pass};
}

model::MarkRule everything(uint32_t mark) {
    model::MarkRule rule;
    rule.mark = mark;
    rule.to = model::Prefix{model::Address::ipv4(198, 51, 100, 0), 24};
    return rule;
}

}  // namespace

std::vector<Case> wild_replies() {
    const model::ServiceKey web = key(Protocol::tcp);
    model::ServiceKey other = web;
    other.address = other_vip;
    const Call here, there{.at = other_vip};
    return {
        {.name = "the reply of a server by mark finds its connection",
         .changes = with_nat_servers(plain(mark_key(7)), {1}, 0),
         .steps = {Call{.at = other_vip}.reaches(1, web_port),
                   answer(web_port, other_vip, web_port), stray(web_port, client_port + 1),
                   stray(443, client_port)},
         .mark_rules = {everything(7)}},
        {.name = "the reply of a server on every port finds its connection",
         .changes = with_nat_servers(persistent(key(Protocol::tcp, 0)), {1}, 0),
         .steps = {Call{.to = 443}.reaches(1, 443), answer(443, vip, 443),
                   stray(443, client_port + 1), stray(web_port, client_port)}},
        {.name = "with one client port on two services the newest has the replies",
         .changes =
             together(with_nat_servers(plain(web), {1}), with_nat_servers(plain(other), {1})),
         .steps = {here.reaches(1), answer(server_port, vip, web_port), there.reaches(1),
                   answer(server_port, other_vip, web_port)}},
        {.name = "also when the newest is that of the first service",
         .changes =
             together(with_nat_servers(plain(web), {1}), with_nat_servers(plain(other), {1})),
         .steps = {there.reaches(1), here.reaches(1), answer(server_port, vip, web_port)}},
        {.name = "also by mark",
         .changes = with_nat_servers(plain(mark_key(7)), {1}, 0),
         .steps = {here.reaches(1, web_port), there.reaches(1, web_port),
                   answer(web_port, other_vip, web_port)},
         .mark_rules = {everything(7)}},
    };
}

}  // namespace turnout::test
