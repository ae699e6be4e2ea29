// Persistence: a client, or a network of clients, stays with its server, whatever rr would choose.
#include "packet/cases/common.hpp"

namespace turnout::test {
namespace {

const model::Address neighbour = model::Address::ipv4(203, 0, 113, 200);
const model::Address stranger = model::Address::ipv4(203, 0, 114, 7);
constexpr uint16_t ftp = 21, ftp_server_port = 2121, data_port = 5000;

Step answer(uint8_t number, uint16_t server_port, uint16_t port) {
    return {frame(Ip{server(number), client}, Tcp{server_port, client_port, SYN | ACK}, "",
                  from_server),
            Verdict::transmit,
            frame(Ip{vip, client, 63}, Tcp{port, client_port, SYN | ACK}, "", towards_client)};
}

std::vector<Case> on_one_port() {
    const auto web = key(Protocol::tcp);
    return {
        {.name = "a client stays with its server",
         .changes = with_nat_servers(persistent(web), {1, 2}),
         .steps = {Call{}.reaches(2), Call{.from = client_port + 1}.reaches(2),
                   Call{.by = neighbour}.reaches(1), Call{.from = client_port + 2}.reaches(2),
                   Call{.from = client_port + 1, .by = neighbour}.reaches(1)},
         .records = 5 + 2},
        {.name = "under a mask a network stays with its server",
         .changes = with_nat_servers(persistent(web, 0xffffff00), {1, 2}),
         .steps = {Call{}.reaches(2), Call{.by = neighbour}.reaches(2),
                   Call{.by = stranger}.reaches(1), Call{.from = 1, .by = neighbour}.reaches(2)},
         .records = 4 + 2},
        {.name = "a persistent client stays with a server that takes no others",
         .changes = with_nat_servers(persistent(web), {1, 2}),
         .steps = {Call{}.reaches(2), Call{.from = client_port + 1}.reaches(2),
                   Call{.by = neighbour}.reaches(1), Call{.by = stranger}.reaches(1)},
         .later = {model::EditServer{web, server_value(2, Method::nat, 0)}}},
        {.name = "and is given another when that one is removed",
         .changes = with_nat_servers(persistent(web), {1, 2}),
         .steps = {Call{}.reaches(2), Call{.from = client_port + 1}.reaches(1)},
         .later = {model::RemoveServer{web, server_value(2, Method::nat).key}}},
    };
}

std::vector<Case> on_every_port() {
    const auto any = key(Protocol::tcp, 0);
    return {
        {.name = "a service on every port holds a client on two of them",
         .changes = with_nat_servers(persistent(any), {1, 2}, 0),
         .steps = {Call{}.reaches(2, web_port), Call{.to = 443}.reaches(2, 443),
                   Call{.by = neighbour}.reaches(1, web_port)},
         .records = 3 + 3 + 2},  // connections, the way back to each, templates
        {.name = "NAT on every port keeps the port that was asked",
         .changes = with_nat_servers(persistent(any), {1}),
         .steps = {Call{.to = 443}.reaches(1, 443), answer(1, 443, 443)}},
        {.name = "a service on a port of its own goes before the one on every port",
         .changes = together(with_nat_servers(persistent(any), {1}, 0),
                             with_nat_servers(plain(key(Protocol::tcp)), {2})),
         .steps = {Call{}.reaches(2), Call{.to = 443}.reaches(1, 443)}},
    };
}

std::vector<Case> of_ftp() {
    const auto control = key(Protocol::tcp, ftp);
    return {
        {.name = "a persistent FTP service has its data connections at the same server",
         .changes = with_nat_servers(persistent(control), {1, 2}, ftp_server_port),
         .steps = {Call{.to = ftp}.reaches_if_complete(2, ftp_server_port),
                   Call{.from = client_port + 1, .to = data_port}.reaches(2, data_port),
                   Call{.from = client_port + 2, .to = ftp, .by = neighbour}.reaches_if_complete(
                       1, ftp_server_port)}},
        {.name = "below 1024 there are no FTP data connections",
         .changes = with_nat_servers(persistent(control), {1}, ftp_server_port),
         .steps = {Call{.to = ftp}.reaches_if_complete(1, ftp_server_port),
                   Call{.to = 1023}.passes(), Call{.to = 1024}.reaches(1, 1024)}},
        {.name = "an FTP service without persistence leaves data connections to the host",
         .changes = with_nat_servers(plain(control), {1}, ftp_server_port),
         .steps = {Call{.to = ftp}.reaches_if_complete(1, ftp_server_port),
                   Call{.to = data_port}.passes()}},
    };
}

}  // namespace

std::vector<Case> persistence() {
    std::vector<Case> all;
    for (const auto& part : {on_one_port(), on_every_port(), of_ftp()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace turnout::test
