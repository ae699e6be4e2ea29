// A fixed trace through the native pipeline, for callgrind: every case is the same packets in every
// run, and a line of output tells its name and how many they are.
//
// What is counted is what lies within turnout::test::walk() between guard_begin() and guard_end():
// the pipeline, and nothing of the world around it.
#include <functional>

#include "packet/world.hpp"

extern "C" {
[[gnu::noinline]] void guard_begin() {
    asm volatile("");
}
[[gnu::noinline]] void guard_end() {
    asm volatile("");
}
}

namespace {

using namespace turnout;
using namespace turnout::test;
using model::Method;

constexpr uint16_t port = 80;
constexpr int clients = 64, rounds = 8;

struct Case {
    std::string name;
    bool complete;
    bool ipv6;
    model::Server real = {};  // its method and tunnel
    std::string scheduler = "rr";
    int servers = 3;
    model::Protocol protocol = model::Protocol::tcp;
    bool established = true;  // else every packet begins a connection
    bool replies = false;
};

model::Address in_family(const Case& about, const model::Address& address) {
    return about.ipv6 ? to_ipv6(address) : address;
}

// A world routes to any address by one hop.
model::Address server_of(const Case& about, int number) {
    return in_family(about, model::Address::ipv4(10, 1, 0, static_cast<uint8_t>(11 + number)));
}

void expect(const Status& done, const Case& about) {
    if (done) return;
    std::fprintf(stderr, "guard_trace: '%s': %s\n", about.name.c_str(),
                 done.error().message.c_str());
    std::exit(1);
}

void configure(director::Director& director, const Case& about) {
    model::Service service;
    service.key = {0, about.protocol, in_family(about, vip), port};
    service.scheduler = about.scheduler;
    if (about.ipv6) service.netmask = 128;
    expect(director.apply(model::AddService{service}), about);
    for (int i = 0; i < about.servers; ++i) {
        model::Server real = about.real;
        real.key = {server_of(about, i), port};
        real.weight = 1 + i % 5;
        expect(director.apply(model::AddServer{service.key, real}), about);
    }
}

uint16_t client_port(int number) {
    return static_cast<uint16_t>(40000 + number);
}

Bytes request(const Case& about, int number, uint8_t flags) {
    const Ip ip{in_family(about, client), in_family(about, vip)};
    if (about.protocol == model::Protocol::udp) return frame(ip, Udp{client_port(number), port});
    return frame(ip, Tcp{client_port(number), port, flags}, "0123456789");
}

Bytes reply(const Case& about, int number) {
    const Ip ip{server_of(about, 0), in_family(about, client)};
    return frame(ip, Tcp{port, client_port(number), ACK}, "0123456789");
}

void expect_transmitted(const Case& about, const Outcome& outcome) {
    if (outcome.verdict == Verdict::transmit) return;
    std::fprintf(stderr, "guard_trace: a packet of '%s' was not sent\n", about.name.c_str());
    std::exit(1);
}

void establish(World& world, const Case& about) {
    for (int number = 0; number < clients; ++number)
        for (const uint8_t flags : {SYN, ACK})
            expect_transmitted(about, world.run(request(about, number, flags)));
    world.warm();
    // As if a tick had passed: the first packet behind it tells the connection the way.
    for (abi::Bucket& bucket : world.rows().buckets)
        for (abi::Connection& connection : bucket.connection) connection.last_seen -= 1;
}

void send_all(World& world, const Case& about, const std::vector<Bytes>& packets) {
    for (const Bytes& packet : packets) expect_transmitted(about, world.run(packet));
}

void play(World& world, const Case& about) {
    configure(world.fresh(), about);
    world.warm();
    if (about.established) establish(world, about);
    std::vector<Bytes> packets;
    for (int number = 0; number < clients; ++number)
        packets.push_back(about.replies ? reply(about, number)
                                        : request(about, number, about.established ? ACK : SYN));
    const int times = about.established ? rounds : 1;
    if (about.established) send_all(world, about, packets);
    guard_begin();
    for (int i = 0; i < times; ++i) send_all(world, about, packets);
    guard_end();
    std::printf("%s %d\n", about.name.c_str(), times * clients);
}

std::vector<Case> cases() {
    using model::Protocol;
    const auto real = [](Method method, model::TunnelType type = model::TunnelType::ipip) {
        model::Server server;
        server.method = method;
        server.tunnel = {type, static_cast<uint16_t>(type == model::TunnelType::gue ? 6080 : 0), 0};
        return server;
    };
    std::vector<Case> all;
    for (const bool ipv6 : {false, true}) {
        const std::string family = ipv6 ? "_ipv6" : "_ipv4";
        all.push_back({"direct" + family, false, ipv6, real(Method::direct)});
        all.push_back({"nat" + family, false, ipv6, real(Method::nat)});
        // Of one server, so that every reply is of a connection.
        all.push_back({"nat_reply" + family, false, ipv6, real(Method::nat), "rr", 1, Protocol::tcp,
                       true, true});
        all.push_back({"ipip" + family, false, ipv6, real(Method::tunnel)});
        all.push_back({"gue" + family, false, ipv6, real(Method::tunnel, model::TunnelType::gue)});
        all.push_back(
            {"direct_udp" + family, false, ipv6, real(Method::direct), "rr", 3, Protocol::udp});
        all.push_back({"tc_direct" + family, true, ipv6, real(Method::direct)});
        all.push_back({"tc_nat" + family, true, ipv6, real(Method::nat)});
        for (const char* scheduler : {"rr", "wrr", "wlc", "mh"})
            for (const int servers : {3, 200})
                all.push_back(
                    {"new_" + std::string(scheduler) + "_" + std::to_string(servers) + family,
                     false, ipv6, real(Method::direct), scheduler, servers, Protocol::tcp, false});
    }
    return all;
}

}  // namespace

int main() {
    const auto fast = native_world(false), complete = native_world(true);
    for (const Case& about : cases()) play(about.complete ? *complete : *fast, about);
}
