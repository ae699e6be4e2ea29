// ICMP errors go where the packets go that they are about.
#include "packet/cases/net.hpp"

namespace turnout::test {
namespace {

Case by_nat_to_the_server(const Net& net, const std::string& what, const Icmp& icmp) {
    const Bytes in = frame(Ip{net.far_router, net.vip, 50}, icmp, net.answer());
    const Bytes out =
        frame(Ip{net.far_router, net.server, 49}, icmp, net.answer_by_nat(), towards_server);
    return {"by NAT the server learns of " + what + net.name,
            net.farm(Protocol::tcp, Method::nat),
            {{net.syn(), Verdict::transmit}, {in, Verdict::transmit, out}}};
}

Case by_nat_to_the_client(const Net& net, const std::string& what, const Icmp& icmp) {
    const Bytes in =
        frame(Ip{net.near_router, net.client, 50}, icmp, net.request_by_nat(), from_server);
    const Bytes out =
        frame(Ip{net.vip, net.client, 49}, icmp, net.request_as_sent(), towards_client);
    return {"by NAT the client learns of " + what + ", from the service's address" + net.name,
            net.farm(Protocol::tcp, Method::nat),
            {{net.syn(), Verdict::transmit}, {in, Verdict::transmit, out}}};
}

Bytes too_big_about_an_answer(const Net& net) {
    return frame(Ip{net.far_router, net.vip, 50}, net.too_big(), net.answer());
}

// The same on its way to the server.
Bytes as_forwarded(const Net& net, Method method) {
    if (method == Method::nat)
        return frame(Ip{net.far_router, net.server, 49}, net.too_big(), net.answer_by_nat(),
                     towards_server);
    const Bytes whole =
        frame(Ip{net.far_router, net.vip, 49}, net.too_big(), net.answer(), towards_server);
    if (method != Method::tunnel) return whole;
    return tunnelled(Ip{net.at(director_address), net.server, 49, 0, true, 0, false, 0}, whole);
}

Case whole(const Net& net, Method method, const std::string& name) {
    return {"an error goes whole " + name + net.name,
            net.farm(Protocol::tcp, method),
            {{net.syn(), Verdict::transmit},
             {too_big_about_an_answer(net), Verdict::transmit, as_forwarded(net, method)}}};
}

// Of a connection that is not known here, as where several directors share a service.
Case scheduled(const Net& net, Method method, const std::string& name) {
    const Bytes in = too_big_about_an_answer(net), out = as_forwarded(net, method);
    const Bytes next = frame(net.request(), Tcp{client_port, web_port, ACK}, "data");
    Case made{
        "with schedule_icmp an error of no connection opens one " + name + net.name,
        net.farm(Protocol::tcp, method),
        {{in, Verdict::transmit, out}, {in, Verdict::transmit, out}, {next, Verdict::transmit}}};
    made.settings = {{"schedule_icmp", 1}};
    return made;
}

Case passes(const Net& net, const std::string& name, const Bytes& in) {
    return {name + net.name,
            net.farm(Protocol::tcp, Method::nat),
            {{net.syn(), Verdict::transmit}, {in, Verdict::pass}}};
}

std::vector<Case> in(const Net& net) {
    const auto error_from = [&](const Icmp& icmp, const Bytes& about) {
        return frame(Ip{net.far_router, net.vip, 50}, icmp, about);
    };
    const Bytes stranger = frame(Ip{net.vip, net.client}, Tcp{web_port, 9, ACK}, "data");
    const Bytes to_another =
        frame(Ip{net.far_router, net.at(model::Address::ipv4(198, 51, 100, 2))}, net.too_big(),
              net.answer());
    Icmp only_ports = net.unreachable();
    only_ports.quoted = 4;
    Icmp no_ports = only_ports;
    no_ports.quoted = 2;
    const Bytes of_no_service =
        frame(Ip{net.vip, net.client, 60}, Tcp{9, client_port, ACK}, "data");
    Case of_nobody = passes(net, "with schedule_icmp an error of no service passes",
                            error_from(net.too_big(), of_no_service));
    of_nobody.settings = {{"schedule_icmp", 1}};
    std::vector<Case> all{
        scheduled(net, Method::nat, "by NAT"),
        scheduled(net, Method::direct, "by direct routing"),
        scheduled(net, Method::tunnel, "through the tunnel"),
        of_nobody,
        by_nat_to_the_server(net, "a packet too big", net.too_big()),
        by_nat_to_the_server(net, "a port unreachable", net.unreachable()),
        by_nat_to_the_server(net, "time exceeded", net.time_exceeded()),
        by_nat_to_the_server(net, "an error that quotes no more than ports", only_ports),
        by_nat_to_the_client(net, "a packet too big", net.too_big()),
        by_nat_to_the_client(net, "a port unreachable", net.unreachable()),
        by_nat_to_the_client(net, "time exceeded", net.time_exceeded()),
        whole(net, Method::direct, "by direct routing"),
        whole(net, Method::tunnel, "through the tunnel"),
        passes(net, "an error about no connection passes", error_from(net.too_big(), stranger)),
        passes(net, "an error to another than it is about passes", to_another),
        passes(net, "an echo request passes", error_from(net.echo(), net.answer())),
        passes(net, "an error that quotes half the ports passes",
               error_from(no_ports, net.answer())),
        passes(
            net, "an error that quotes nothing passes",
            frame(Ip{net.far_router, net.vip}, net.ipv6 ? 58 : 1, Bytes{3, 4, 0, 0, 0, 0, 5, 0})),
        passes(net, "an error shorter than its header passes",
               frame(Ip{net.far_router, net.vip}, net.ipv6 ? 58 : 1, Bytes{3, 4, 0, 0})),
    };
    if (net.ipv6)
        all.push_back(by_nat_to_the_server(net, "a parameter problem", net.parameter_problem()));
    else
        all.push_back(passes(net, "IPVS brings no parameter problem to its connection",
                             error_from(net.parameter_problem(), net.answer())));
    return all;
}

}  // namespace

std::vector<Case> icmp_errors() {
    std::vector<Case> all = in(Net{false});
    for (const Case& each : in(Net{true})) all.push_back(each);
    return all;
}

}  // namespace turnout::test
