// What a service does as its servers come, go and are shared.
#include "packet/cases/common.hpp"

namespace turnout::test {

namespace {

// Nine servers without a difference: each connection goes to the first in list order of those that
// have none yet, more than one turn of a loop away.
Case least_connections(const std::string& scheduler) {
    model::Service web = plain(key(Protocol::tcp));
    web.scheduler = scheduler;
    Case made{
        scheduler + " among many servers", with_nat_servers(web, {1, 2, 3, 4, 5, 6, 7, 8, 9}), {}};
    for (uint8_t number = 9; number > 0; --number) {
        Call call;
        call.from = static_cast<uint16_t>(client_port + number);
        made.steps.push_back(call.reaches(number));
    }
    return made;
}

}  // namespace

std::vector<Case> serving() {
    const Change removal =
        model::RemoveServer{key(Protocol::tcp), server_value(1, Method::direct).key};
    const auto out = [](uint16_t port) {
        return frame(request(63), Tcp{port, web_port, SYN}, "", towards_server);
    };
    model::Server elsewhere = server_value(1, Method::nat);
    const std::vector<Change> shared = {service(Protocol::tcp), service(Protocol::tcp, 81),
                                        add(Protocol::tcp, 1, Method::nat),
                                        AddServer{key(Protocol::tcp, 81), elsewhere}};
    const Ip reply{server(1), client, 64}, reply_out{vip, client, 63};
    return {
        least_connections("lc"),
        least_connections("wlc"),
        least_connections("sed"),
        least_connections("nq"),
        {"packets of a removed server's connections are dropped",
         {service(Protocol::tcp), add(Protocol::tcp, 1, Method::direct)},
         {{syn(), Verdict::transmit, out(client_port)}, {ack(), Verdict::drop}},
         abi::Drop::server_removed,
         {removal}},
        {"and go on when it is added again",
         {service(Protocol::tcp), add(Protocol::tcp, 1, Method::direct)},
         {{syn(), Verdict::transmit, out(client_port)},
          {ack(), Verdict::transmit,
           frame(request(63), Tcp{client_port, web_port, ACK}, "some data", towards_server)}},
         abi::Drop::none,
         {removal, add(Protocol::tcp, 1, Method::direct)}},
        {"connections outlive their service, unserved",
         {service(Protocol::tcp), add(Protocol::tcp, 1, Method::direct)},
         {{syn(), Verdict::transmit, out(client_port)}, {ack(), Verdict::drop}},
         abi::Drop::server_removed,
         {model::RemoveAll{}}},
        {"a connection keeps its method when its server is given another",
         {service(Protocol::tcp), add(Protocol::tcp, 1, Method::nat)},
         {{syn(), Verdict::transmit,
           frame(to_server(), Tcp{client_port, server_port, SYN}, "", towards_server)},
          {frame(reply, Tcp{server_port, client_port, SYN | ACK}, "", from_server),
           Verdict::transmit,
           frame(reply_out, Tcp{web_port, client_port, SYN | ACK}, "", towards_client)}},
         abi::Drop::none,
         {model::EditServer{key(Protocol::tcp),
                            [] {
                                model::Server edited = server_value(1, Method::nat);
                                edited.method = Method::tunnel;
                                return edited;
                            }()}}},
        {"one server behind two services: replies find their own",
         shared,
         {{syn(), Verdict::transmit,
           frame(to_server(), Tcp{client_port, server_port, SYN}, "", towards_server)},
          {frame(request(), Tcp{client_port + 1, 81, SYN}), Verdict::transmit,
           frame(to_server(), Tcp{client_port + 1, server_port, SYN}, "", towards_server)},
          {frame(reply, Tcp{server_port, client_port, SYN | ACK}, "", from_server),
           Verdict::transmit,
           frame(reply_out, Tcp{web_port, client_port, SYN | ACK}, "", towards_client)},
          {frame(reply, Tcp{server_port, client_port + 1, SYN | ACK}, "", from_server),
           Verdict::transmit,
           frame(reply_out, Tcp{81, client_port + 1, SYN | ACK}, "", towards_client)}}},
    };
}

}  // namespace turnout::test
