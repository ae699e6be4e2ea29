// The test network of either family, with the connection that errors are about.
#pragma once

#include "packet/cases/common.hpp"

namespace turnout::test {

struct Net {
    bool ipv6;

    model::Address at(const model::Address& address) const {
        return ipv6 ? to_ipv6(address) : address;
    }
    model::Address vip = at(test::vip), client = at(test::client), server = at(test::server(1));
    // On the way to the client, and on the way to the server.
    model::Address far_router = at(model::Address::ipv4(203, 0, 113, 1)),
                   near_router = at(model::Address::ipv4(10, 1, 0, 254));
    std::string name = ipv6 ? ", IPv6" : "";

    size_t header() const { return ipv6 ? 40 : 20; }  // bytes of IP

    Icmp unreachable() const { return ipv6 ? Icmp{1, 4} : Icmp{3, 3}; }
    Icmp too_big() const { return ipv6 ? Icmp{2, 0, 1400} : Icmp{3, 4, 1400}; }
    Icmp time_exceeded() const { return ipv6 ? Icmp{3, 0} : Icmp{11, 0}; }
    Icmp echo() const { return ipv6 ? Icmp{128, 0} : Icmp{8, 0}; }
    // What IPv6 takes for an error and IPv4 does not bring along, or the reverse.
    Icmp parameter_problem() const { return ipv6 ? Icmp{4, 0} : Icmp{12, 0}; }

    model::ServiceKey key(Protocol protocol) const { return {0, protocol, vip, web_port}; }
    std::vector<Change> farm(Protocol protocol, Method method) const {
        model::Service service = plain(key(protocol));
        if (ipv6) service.netmask = 128;
        model::Server made = server_value(1, method);
        made.key.address = server;
        return {AddService{service}, AddServer{service.key, made}};
    }

    // The packets of one connection, as they are before they are forwarded; by NAT also after.
    Ip request(uint8_t ttl = 64) const { return {client, vip, ttl}; }
    Bytes syn() const { return frame(request(), Tcp{client_port, web_port, SYN}); }
    Bytes answer() const {
        return frame(Ip{vip, client, 60}, Tcp{web_port, client_port, ACK}, "data");
    }
    Bytes request_by_nat() const {
        return frame(Ip{client, server, 60}, Tcp{client_port, server_port, ACK}, "data");
    }
    Bytes request_as_sent() const {
        return frame(Ip{client, vip, 60}, Tcp{client_port, web_port, ACK}, "data");
    }
    Bytes answer_by_nat() const {
        return frame(Ip{server, client, 60}, Tcp{server_port, client_port, ACK}, "data");
    }
};

}  // namespace turnout::test
