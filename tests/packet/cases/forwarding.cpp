// How a packet looks when it leaves: by direct routing, by NAT, through a tunnel.
#include "packet/cases/common.hpp"

namespace turnout::test {

std::vector<Case> direct_routing() {
    const std::vector<Change> web = {service(Protocol::tcp), add(Protocol::tcp, 1, Method::direct)};
    Ip options = request();
    options.options = {0x94, 4, 0, 0};  // router alert
    Ip options_out = options;
    options_out.ttl = 63;
    return {
        {"direct routing changes MAC addresses and TTL",
         web,
         {{syn(), Verdict::transmit,
           frame(request(63), Tcp{client_port, web_port, SYN}, "", towards_server)},
          {ack(), Verdict::transmit,
           frame(request(63), Tcp{client_port, web_port, ACK}, "some data", towards_server)}}},
        ipv4_alone({"direct routing keeps IP options",
                    web,
                    {{frame(options, Tcp{client_port, web_port, SYN}), Verdict::transmit,
                      frame(options_out, Tcp{client_port, web_port, SYN}, "", towards_server)}}}),
        {"direct routing of UDP",
         {service(Protocol::udp), add(Protocol::udp, 1, Method::direct)},
         {{frame(request(), Udp{client_port, web_port}, "question"), Verdict::transmit,
           frame(request(63), Udp{client_port, web_port}, "question", towards_server)}}},
        {"TTL 2 is forwarded",
         web,
         {{syn(request(2)), Verdict::transmit,
           frame(request(1), Tcp{client_port, web_port, SYN}, "", towards_server)}}},
    };
}

std::vector<Case> nat() {
    const std::vector<Change> web = {service(Protocol::tcp), add(Protocol::tcp, 1, Method::nat)};
    const std::vector<Change> dns = {service(Protocol::udp), add(Protocol::udp, 1, Method::nat)};
    const Ip reply{server(1), client, 64}, reply_out{vip, client, 63};
    Ip options = request(), options_out = to_server();
    options.options = options_out.options = {1, 1, 1, 0};
    const Bytes opening =
        frame(to_server(), Tcp{client_port, server_port, SYN}, "", towards_server);
    return {
        {"NAT rewrites requests and replies",
         web,
         {{syn(), Verdict::transmit, opening},
          {frame(reply, Tcp{server_port, client_port, SYN | ACK}, "", from_server),
           Verdict::transmit,
           frame(reply_out, Tcp{web_port, client_port, SYN | ACK}, "", towards_client)},
          {ack(), Verdict::transmit,
           frame(to_server(), Tcp{client_port, server_port, ACK}, "some data", towards_server)}}},
        ipv4_alone(
            {"NAT with IP options",
             web,
             {{frame(options, Tcp{client_port, web_port, SYN}), Verdict::transmit,
               frame(options_out, Tcp{client_port, server_port, SYN}, "", towards_server)}}}),
        {"NAT of UDP, both ways",
         dns,
         {{frame(request(), Udp{client_port, web_port}, "question?"), Verdict::transmit,
           frame(to_server(), Udp{client_port, server_port}, "question?", towards_server)},
          {frame(reply, Udp{server_port, client_port}, "answer", from_server), Verdict::transmit,
           frame(reply_out, Udp{web_port, client_port}, "answer", towards_client)}}},
        {"NAT leaves a UDP checksum of none alone",
         dns,
         {{frame(request(), Udp{client_port, web_port, false}, "question"), Verdict::transmit,
           frame(to_server(), Udp{client_port, server_port, false}, "question", towards_server)}}},
        {"a NAT server's own traffic passes",
         web,
         {{syn(), Verdict::transmit, opening},
          {frame(reply, Tcp{22, client_port, ACK}, "", from_server), Verdict::pass},
          {frame(Ip{server(1), model::Address::ipv4(203, 0, 113, 9)},
                 Tcp{server_port, client_port, ACK}, "", from_server),
           Verdict::pass}}},
    };
}

std::vector<Case> tunnelling() {
    const std::vector<Change> web = {service(Protocol::tcp), add(Protocol::tcp, 1, Method::tunnel)};
    const Tcp opening{client_port, web_port, SYN};
    Ip congested = request();
    congested.tos = 0xbb;  // congestion experienced
    Ip congested_inner = congested;
    congested_inner.ttl = 63;
    Ip full = request(), full_out = request(63);
    const std::string fits(1480 - 40, 'x');
    return {
        {"tunnelling adds an outer header",
         web,
         {{syn(), Verdict::transmit,
           tunnelled(outer(), frame(request(63), opening, "", towards_server))},
          {ack(), Verdict::transmit,
           tunnelled(outer(), frame(request(63), Tcp{client_port, web_port, ACK}, "some data",
                                    towards_server))}}},
        {"the outer header takes the inner TTL",
         web,
         {{syn(request(9)), Verdict::transmit,
           tunnelled(outer(8), frame(request(8), opening, "", towards_server))}}},
        {"the outer header does not claim congestion it has not seen",
         web,
         {{frame(congested, opening), Verdict::transmit,
           tunnelled(outer(63, 0xba), frame(congested_inner, opening, "", towards_server))}}},
        ipv4_alone({"what just fits into the tunnel goes",
                    web,
                    {{syn(), Verdict::transmit},
                     {frame(full, Tcp{client_port, web_port, ACK}, fits), Verdict::transmit,
                      tunnelled(outer(), frame(full_out, Tcp{client_port, web_port, ACK}, fits,
                                               towards_server))}}}),
    };
}

}  // namespace turnout::test
