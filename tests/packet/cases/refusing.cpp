// Services without an available server: the client is told that nobody listens there.
#include "packet/cases/net.hpp"

namespace turnout::test {
namespace {

// From the service's address, of the packet as it came.
Step refused(const Net& net, const Bytes& in) {
    Ip ip{net.vip, net.client, 64};
    ip.tos = net.ipv6 ? 0 : 0xc0;
    ip.dont_fragment = false;
    Icmp error = net.unreachable();
    error.quoted = in.size() - sizeof(EthernetHeader);
    return {in, Verdict::transmit, frame(ip, error, in, towards_client), Verdict::pass};
}

Case refuses(const Net& net, const std::string& what, const std::vector<Change>& changes) {
    Case made{what + " refuses" + net.name, changes, {refused(net, net.syn())}};
    made.drop = abi::Drop::no_server;
    return made;
}

std::vector<Change> service_alone(const Net& net, const char* scheduler = "rr") {
    model::Service service = plain(net.key(Protocol::tcp));
    if (net.ipv6) service.netmask = 128;
    service.scheduler = scheduler;
    return {AddService{service}};
}

model::Server server_of(const Net& net, int32_t weight) {
    model::Server made = server_value(1, Method::direct, weight);
    made.key.address = net.server;
    return made;
}

std::vector<Change> with_server(const Net& net, std::vector<Change> service,
                                const model::Server& server) {
    service.push_back(AddServer{net.key(Protocol::tcp), server});
    return service;
}

// Its one connection is taken.
Case refuses_when_full(const Net& net) {
    model::Server server = server_of(net, 1);
    server.upper_threshold = 1;
    const Bytes second = frame(net.request(), Tcp{client_port + 1, web_port, SYN});
    Case made{"a service whose servers are full refuses" + net.name,
              with_server(net, service_alone(net), server),
              {{net.syn(), Verdict::transmit}, refused(net, second)}};
    made.drop = abi::Drop::no_server;
    return made;
}

// A service by mark, and a packet to an address that others have.
Case by_mark(const Net& net, bool bypass) {
    model::Service service;
    service.key.mark = 7;
    service.key.address.family = net.ipv6 ? model::Family::ipv6 : model::Family::ipv4;
    service.scheduler = "rr";
    if (net.ipv6) service.netmask = 128;
    Step step = refused(net, net.syn());
    if (bypass) step = {net.syn(), Verdict::pass};
    step.mark = 7;
    Case made{
        std::string("a mark without servers ") + (bypass ? "lets go by" : "refuses") + net.name,
        {AddService{service}},
        {step}};
    if (!bypass) made.drop = abi::Drop::no_server;
    made.settings = {{"cache_bypass", bypass}};
    return made;
}

}  // namespace

std::vector<Case> refusing() {
    std::vector<Case> all;
    for (const Net& net : {Net{false}, Net{true}}) {
        all.push_back(refuses(net, "a service without servers", service_alone(net)));
        all.push_back(refuses(net, "a service with servers of weight 0",
                              with_server(net, service_alone(net, "wlc"), server_of(net, 0))));
        all.push_back(refuses(net, "a service of the scheduler none",
                              with_server(net, service_alone(net, "none"), server_of(net, 1))));
        all.push_back(refuses_when_full(net));
        all.push_back(by_mark(net, false));
        all.push_back(by_mark(net, true));
    }
    return all;
}

}  // namespace turnout::test
