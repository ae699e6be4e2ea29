#include "fuzz/services.hpp"

#include "base/panic.hpp"

namespace turnout::fuzz {
namespace {

using model::Method, model::Protocol, model::TunnelType;

constexpr uint16_t gue_port = 6080;

struct Kind {
    uint16_t port;
    model::Tunnel tunnel;
};
constexpr Kind tunnels[] = {
    {82, {}},
    {83, {TunnelType::gue, gue_port, 0}},
    {84, {TunnelType::gue, gue_port, 1}},
    {85, {TunnelType::gue, gue_port, 2}},
    {86, {TunnelType::gre, 0, 0}},
    {87, {TunnelType::gre, 0, 1}},
};

model::Address address(bool ipv6, const char* ipv4_text, const char* ipv6_text) {
    return *model::Address::parse(ipv6 ? ipv6_text : ipv4_text);
}
model::Address server(bool ipv6, uint8_t number) {
    const std::string digits = std::to_string(10 + number);
    return address(ipv6, ("10.1.0." + digits).c_str(), ("2001:db8:10::" + digits).c_str());
}

// What one family's clients find.
class Farm {
  public:
    Farm(director::Director& director, bool ipv6)
        : director_(director),
          ipv6_(ipv6),
          vip_(address(ipv6, "198.51.100.1", "2001:db8:198::1")) {}

    void add() const {
        for (const Protocol protocol : {Protocol::tcp, Protocol::udp}) add_tunnels(protocol);
        for (const Protocol protocol : {Protocol::tcp, Protocol::udp, Protocol::sctp})
            add_direct(service(protocol, 81));
        add_nat(service(Protocol::tcp, 80), 80);
        add_nat(service(Protocol::tcp, 8080), 80);
        add_nat(service(Protocol::udp, 53), 53);
        add_nat(service(Protocol::udp, 8053), 53);
        add_nat(service(Protocol::sctp, 7), 7);
        add_nat(service(Protocol::sctp, 9007), 7);
        add_tunnel(service(Protocol::sctp, 82), tunnels[0].tunnel);
        add_tunnel(service(Protocol::sctp, 84), tunnels[2].tunnel);
        add_peculiar();
    }

  private:
    model::Service service(Protocol protocol, uint16_t port, const char* scheduler = "rr",
                           uint32_t flags = 0) const {
        model::Service made;
        made.key = {0, protocol, vip_, port};
        made.scheduler = scheduler;
        made.flags = flags;
        made.persistence_timeout_s = 300;
        made.netmask = ipv6_ ? 64 : 0xffffff00;
        return made;
    }

    void change(const model::Change& change) const {
        ensure(director_.apply(change).has_value(), "the fuzzed director takes its services");
    }
    void add_server(const model::Service& service, const model::Address& address, uint16_t port,
                    Method method, uint32_t threshold = 0, const model::Tunnel& tunnel = {}) const {
        model::Server made;
        made.key = {address, port};
        made.method = method;
        made.upper_threshold = threshold;
        made.tunnel = tunnel;
        change(model::AddServer{service.key, made});
    }

    void add_nat(const model::Service& made, uint16_t port, uint32_t threshold = 0) const {
        change(model::AddService{made});
        for (const uint8_t number : {uint8_t{1}, uint8_t{2}})
            add_server(made, server(ipv6_, number), port, Method::nat, threshold);
    }
    void add_direct(const model::Service& made) const {
        change(model::AddService{made});
        add_server(made, server(ipv6_, 3), made.key.port, Method::direct);
    }
    // By an outer header of the one family, then of the other.
    void add_tunnel(const model::Service& made, const model::Tunnel& tunnel) const {
        change(model::AddService{made});
        for (const bool outer_ipv6 : {!ipv6_, ipv6_})
            add_server(made, server(outer_ipv6, 1), made.key.port, Method::tunnel, 0, tunnel);
    }
    void add_tunnels(Protocol protocol) const {
        for (const Kind& kind : tunnels) add_tunnel(service(protocol, kind.port), kind.tunnel);
    }

    // What chooses servers, or finds connections, in a way of its own.
    void add_peculiar() const {
        using namespace model::service_flag;
        add_nat(service(Protocol::udp, 54, "rr", one_packet), 53);
        add_nat(service(Protocol::udp, 55, "rr", persistent | one_packet), 53);
        add_nat(service(Protocol::tcp, 88, "wlc", persistent), 80);
        add_nat(service(Protocol::tcp, 89, "lblcr"), 80);
        add_nat(service(Protocol::tcp, 90, "lc"), 80, 2);
        add_nat(service(Protocol::tcp, 21, "rr", persistent), 21);
        model::Service calls = service(Protocol::udp, 5060, "rr", persistent);
        calls.persistence_engine = "sip";
        add_nat(calls, 5060);
        model::Service every_port = service(Protocol::tcp, 0, "rr", persistent);
        every_port.key.address = address(ipv6_, "198.51.100.2", "2001:db8:198::2");
        add_nat(every_port, 0);
        model::Service marked = service(Protocol::none, 0);
        marked.key = {};
        marked.key.mark = service_mark;
        marked.key.address.family = vip_.family;
        add_nat(marked, 0);
        model::MarkRule rule;
        rule.family = vip_.family;
        rule.protocol = Protocol::tcp;
        rule.to_ports = {{7000, 7100}};
        rule.mark = service_mark;
        ensure(director_.add_mark_rules({rule}).has_value(), "and its rule");
    }

    director::Director& director_;
    bool ipv6_;
    model::Address vip_;
};

}  // namespace

void add_services(director::Director& director) {
    for (const bool ipv6 : {false, true}) Farm(director, ipv6).add();
}

}  // namespace turnout::fuzz
