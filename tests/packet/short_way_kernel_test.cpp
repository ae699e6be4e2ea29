// The short way in the kernel, in both lanes: with the whole way taken out, packets in
// mid-connection still go where they should, as the native whole way has them.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "abi/maps.hpp"
#include "packet/every_world.hpp"

namespace turnout::test {
namespace {

using model::Method;

struct Farm {
    bool complete;
    Method method;
    bool ipv6;
    bool tcp;
};

constexpr uint16_t vip_port = 80, server_port = 8000, client_port = 40000;

// While it lives, packets that do not take the short way pass.
class NoWholeWay {
  public:
    explicit NoWholeWay(int table) : table_(table) {
        uint32_t id = 0;
        EXPECT_EQ(bpf_map_lookup_elem(table_, &row, &id), 0);
        program_ = bpf_prog_get_fd_by_id(id);
        EXPECT_EQ(bpf_map_delete_elem(table_, &row), 0);
    }
    ~NoWholeWay() {
        EXPECT_EQ(bpf_map_update_elem(table_, &row, &program_, BPF_ANY), 0);
        close(program_);
    }
    NoWholeWay(const NoWholeWay&) = delete;
    NoWholeWay& operator=(const NoWholeWay&) = delete;

  private:
    static constexpr uint32_t row = 0;
    int table_, program_ = -1;
};

class ShortWayInKernel : public testing::TestWithParam<Farm> {
  protected:
    static model::Address of_family(const model::Address& address) {
        return GetParam().ipv6 ? to_ipv6(address) : address;
    }
    static bool is_nat() { return GetParam().method == Method::nat; }
    static void serve(director::Director& director) {
        model::Service service;
        service.key = {0, GetParam().tcp ? model::Protocol::tcp : model::Protocol::udp,
                       of_family(vip), vip_port};
        service.scheduler = "rr";
        if (GetParam().ipv6) service.netmask = 128;
        ASSERT_TRUE(director.apply(model::AddService{service}));
        model::Server real;
        real.key = {of_family(server(1)), is_nat() ? server_port : vip_port};
        real.method = GetParam().method;
        ASSERT_TRUE(director.apply(model::AddServer{service.key, real}));
    }
    static Bytes packet(const Ip& ip, uint16_t from, uint16_t to, uint8_t flags) {
        return GetParam().tcp ? frame(ip, Tcp{from, to, flags}, "payload")
                              : frame(ip, Udp{from, to}, "payload");
    }
    static Bytes request(uint8_t flags = ACK) {
        return packet({of_family(client), of_family(vip)}, client_port, vip_port, flags);
    }
    static Bytes reply(uint8_t flags = ACK) {
        return packet({of_family(server(1)), of_family(client)}, server_port, client_port, flags);
    }
    // Until packets are in mid-connection, and next hops known in either lane.
    static void establish(World& world) {
        for (const uint8_t flags : {SYN, ACK}) {
            EXPECT_EQ(world.send(request(flags)).verdict, Verdict::transmit);
            if (!is_nat()) continue;
            const uint8_t answer = flags == SYN ? SYN | ACK : ACK;
            EXPECT_EQ(world.send(reply(answer)).verdict, Verdict::transmit);
        }
    }
    // Without the Ethernet header, which the complete lane natively leaves to the kernel.
    static Bytes behind_ethernet(const Bytes& frame) {
        return {frame.begin() + sizeof(EthernetHeader), frame.end()};
    }
};

TEST_P(ShortWayInKernel, needs_no_whole_way) {
    World& world = every_world(GetParam().complete);
    const auto model = native_world(true);
    for (World* each : {&world, model.get()}) {
        serve(each->fresh());
        establish(*each);
    }
    const bool complete = GetParam().complete;
    const NoWholeWay alone(world.table(complete ? abi::map::lanes : abi::map::fast_lane));
    EXPECT_EQ(world.send(request(SYN)).verdict, GetParam().tcp ? Verdict::pass : Verdict::transmit);
    std::vector<Bytes> sent{request()};
    if (is_nat()) sent.push_back(reply());
    for (const Bytes& bytes : sent) {
        const Outcome outcome = world.send(bytes);
        EXPECT_EQ(outcome.verdict, Verdict::transmit);
        EXPECT_EQ(behind_ethernet(outcome.frame), behind_ethernet(model->send(bytes).frame));
        const bool to_client = bytes == reply();
        const MacBytes& to = to_client ? client_mac : server_mac;
        EXPECT_TRUE(std::equal(to.begin(), to.end(), outcome.frame.begin()));
    }
}

std::vector<Farm> farms() {
    std::vector<Farm> all;
    for (const bool complete : {false, true})
        for (const Method method : {Method::nat, Method::direct, Method::tunnel})
            for (const bool ipv6 : {false, true})
                for (const bool tcp : {false, true}) all.push_back({complete, method, ipv6, tcp});
    return all;
}

std::string name_of(const testing::TestParamInfo<Farm>& info) {
    const auto& [complete, method, ipv6, tcp] = info.param;
    const char* way = method == Method::nat      ? "NAT_"
                      : method == Method::tunnel ? "tunnel_"
                                                 : "direct_";
    return std::string(complete ? "complete_" : "fast_") + way + (tcp ? "TCP" : "UDP") +
           (ipv6 ? "_IPv6" : "_IPv4");
}

INSTANTIATE_TEST_SUITE_P(Farms, ShortWayInKernel, testing::ValuesIn(farms()), name_of);

}  // namespace
}  // namespace turnout::test
